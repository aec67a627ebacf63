"""Mean squared gradients of Σ −log p(next token) to the output of every linear, by PyTorch autograd in float32:

    python3 bench/gradients_torch.py FOLDER TEXT [--samples 32] [--length 512] [--device cuda] [--against FILE] [--save FILE]

FOLDER is a Hugging Face model folder. The text is tokenised whole without BOS and its first windows are taken, as the
calibration of Bitloom does with `pick: first`. Prints one JSON object. --save writes, and --against reads and compares
with, the statistics that `outputGradients` (src/pipeline/gradients.ts) gives:

    {"nll": mean −log p of the scored tokens (all but the first of each window),
     "linears": {"model.layers.0.self_attn.q_proj": {
        "mean":   mean of g² over all tokens and rows,
        "rows":   [mean of g² over all tokens, one number a row of the output],
        "tokens": [mean of g² over the rows, one number a token, windows one after another]}, …}}

The last token of a window has no next one and nothing after it: its gradients are 0, and it counts as a token.
"""
import argparse, json, time
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument('folder'); parser.add_argument('text')
parser.add_argument('--samples', type=int, default=32)
parser.add_argument('--length', type=int, default=512)
parser.add_argument('--batch', type=int, default=4)
parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
parser.add_argument('--against'); parser.add_argument('--save')
args = parser.parse_args()

torch.backends.cuda.matmul.allow_tf32 = False
ids = Tokenizer.from_file(f'{args.folder}/tokenizer.json').encode(open(args.text, encoding='utf8').read(), add_special_tokens=False).ids
count = min(args.samples, len(ids) // args.length)
windows = torch.tensor(ids[:count * args.length]).view(count, args.length)
model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32, attn_implementation='eager').to(args.device).eval()
model.requires_grad_(False)
model.get_input_embeddings().register_forward_hook(lambda module, inputs, output: output.requires_grad_(True))

rows, tokens = {}, {}


def collect(name):
    def keep(gradient):
        squares = gradient.detach().double().square().flatten(0, 1)  # [tokens of the batch, out]
        rows[name] = rows.get(name, 0) + squares.sum(0)
        tokens.setdefault(name, []).append(squares.mean(1))
    return lambda module, inputs, output: output.register_hook(keep) and None


for name, module in model.named_modules():
    if isinstance(module, torch.nn.Linear) and '.layers.' in name:
        module.register_forward_hook(collect(name))

started, nll = time.perf_counter(), 0.0
for batch in windows.split(args.batch):
    batch = batch.to(args.device)
    logits = model(batch).logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), reduction='sum')
    loss.backward()
    nll += loss.item()
seconds = time.perf_counter() - started

linears = {name: {
    'mean': (rows[name].mean() / windows.numel()).item(),
    'rows': (rows[name] / windows.numel()).tolist(),
    'tokens': torch.cat(tokens[name]).tolist(),
} for name in rows}
result = {'nll': nll / (count * (args.length - 1)), 'linears': linears}
if args.save:
    json.dump(result, open(args.save, 'w'))

summary = {'nll': result['nll'], 'windows': count, 'length': args.length, 'seconds': seconds}
if args.against:
    other = json.load(open(args.against))

    def apart(key):
        """The largest ‖a − b‖ / ‖b‖ over the linears."""
        def one(name):
            a, b = (torch.tensor(side['linears'][name][key], dtype=torch.float64).reshape(-1) for side in (other, result))
            return ((a - b).norm() / b.norm()).item()
        return max(map(one, linears))

    assert other['linears'].keys() == linears.keys(), 'other linears'
    summary |= {'nll_against': other['nll'], **{f'{key}_error': apart(key) for key in ('mean', 'rows', 'tokens')}}
print(json.dumps(summary))
