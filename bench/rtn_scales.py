"""What storing scales as float16 changes: RTN of a checkpoint in PyTorch with float32 and with float16 scales, and the
perplexity of both under `windows:512`, one JSON object a line. The float16 rows are what Bitloom must meet.

    python3 bench/rtn_scales.py FOLDER TEXT [--bits 4,3,2]
"""
import argparse, json, math
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument('folder'); parser.add_argument('text'); parser.add_argument('--bits', default='4,3,2')
args = parser.parse_args()
torch.backends.cuda.matmul.allow_tf32 = False
device = 'cuda' if torch.cuda.is_available() else 'cpu'
text = open(args.text, encoding='utf8').read()[:300000]
ids = Tokenizer.from_file(f'{args.folder}/tokenizer.json').encode(text, add_special_tokens=False).ids
windows = torch.tensor(ids[:len(ids) // 512 * 512]).view(-1, 512)


def rtn(w, bits, half):
    """Per row, asymmetric min-max range that includes zero."""
    top = 2 ** bits - 1
    low, high = w.amin(1, keepdim=True).clamp(max=0), w.amax(1, keepdim=True).clamp(min=0)
    scale = (high - low) / top
    if half: scale = scale.half().float()
    zero = torch.round(-low / scale).clamp(0, top)
    return scale * (torch.clamp(torch.round(w / scale) + zero, 0, top) - zero)


@torch.no_grad()
def perplexity(model):
    nll = 0.0
    for batch in windows.split(8):
        logits = model(batch.to(device)).logits[:, :-1].double()
        nll += torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten().to(device), reduction='sum').item()
    return math.exp(nll / (len(windows) * 511))


for bits in map(int, args.bits.split(',')):
    for half in (False, True):
        model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32).to(device).eval()
        for layer in model.model.layers:
            for module in layer.modules():
                if isinstance(module, torch.nn.Linear): module.weight.data = rtn(module.weight.data, bits, half)
        print(json.dumps({'bits': bits, 'scales': 'float16' if half else 'float32', 'perplexity': perplexity(model)}), flush=True)
