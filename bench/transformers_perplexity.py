"""Perplexity of a Hugging Face folder under `windows:L`, computed by PyTorch transformers in float32:

    python3 bench/transformers_perplexity.py FOLDER TEXT [--length 512] [--device cuda]

prints one JSON object with `perplexity` and `tokens`, to hold against `bitloom eval FOLDER --text TEXT`.
"""
import argparse, json, math
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument('folder'); parser.add_argument('text')
parser.add_argument('--length', type=int, default=512)
parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
args = parser.parse_args()

torch.backends.cuda.matmul.allow_tf32 = False
ids = Tokenizer.from_file(f'{args.folder}/tokenizer.json').encode(open(args.text, encoding='utf8').read(), add_special_tokens=False).ids
model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32).to(args.device).eval()
windows = torch.tensor(ids[:len(ids) // args.length * args.length]).view(-1, args.length)
nll, count = 0.0, 0
with torch.no_grad():
    for batch in windows.split(8):
        batch = batch.to(args.device)
        logits = model(batch).logits[:, :-1].double()
        nll += torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1), reduction='sum').item()
        count += batch[:, 1:].numel()
print(json.dumps({'perplexity': math.exp(nll / count), 'tokens': count, 'windows': len(windows)}))
