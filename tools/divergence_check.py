"""KL divergence, top-1 agreement and perplexities of two Hugging Face folders under `windows:L`, computed by transformers in
float32 and compared in float64, and held against what Bitloom printed:

    bitloom export FILE --format fp16 --out FOLDER
    bitloom eval FOLDER --reference ORIGINAL --text TEXT --protocol windows:256 --max-tokens N --json > eval.json
    python3 tools/divergence_check.py ORIGINAL FOLDER TEXT --max-tokens N --length 256 --against eval.json

The same float16 weights go through other kernels: logits differ in their last bits, which moves mean, percentiles and ratio by
less than 1e-4 of themselves. The likeliest token may be another where two are equal to those bits: 2 in 1000. Exit code 1 beyond
that. Needs torch, transformers and tokenizers.
"""
import argparse, json, sys
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument('original'); parser.add_argument('quantized'); parser.add_argument('text')
parser.add_argument('--length', type=int, default=256)
parser.add_argument('--max-tokens', type=int)
parser.add_argument('--against')
args = parser.parse_args()

ids = Tokenizer.from_file(f'{args.original}/tokenizer.json').encode(
    open(args.text, encoding='utf8').read(), add_special_tokens=False).ids[:args.max_tokens]
windows = torch.tensor(ids[:len(ids) // args.length * args.length]).view(-1, args.length)
models = [AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval() for folder in (args.original, args.quantized)]
kl, agree, losses = [], [], ([], [])
with torch.no_grad():
    for batch in windows.split(4):
        logs = [model(batch).logits[:, :-1].double().log_softmax(-1) for model in models]
        p, q = logs
        kl.append((p.exp() * (p - q)).sum(-1).flatten())
        agree.append((p.argmax(-1) == q.argmax(-1)).flatten())
        for log, side in zip(logs, losses):
            side.append(-log.gather(-1, batch[:, 1:, None]).flatten())
kl, agree = torch.cat(kl), torch.cat(agree).double()
before, after = (torch.cat(side) for side in losses)
found = {
    'tokens': kl.numel(),
    'kl.mean': kl.mean().item(), 'kl.median': kl.quantile(0.5).item(), 'kl.p95': kl.quantile(0.95).item(),
    'kl.p99': kl.quantile(0.99).item(), 'kl.max': kl.max().item(),
    'topAgreement.value': agree.mean().item(),
    'original.perplexity': before.mean().exp().item(), 'quantized.perplexity': after.mean().exp().item(),
    'ratio.value': (after - before).mean().exp().item(),
    'probabilityChange.rms': ((-after).exp() - (-before).exp()).square().mean().sqrt().item(),
}
print(json.dumps(found))
if args.against:
    theirs = json.load(open(args.against))
    worst = 0.0
    for path, value in found.items():
        other = theirs
        for key in path.split('.'):
            other = other[key]
        allowed = 2e-3 if path == 'topAgreement.value' else 1e-4 * abs(value)
        print(f'{path:24} {value:.8g}  {other:.8g}  {"" if abs(other - value) <= allowed else "DIFFERENT"}')
        worst = max(worst, abs(other - value) / allowed)
    sys.exit(int(worst > 1))
