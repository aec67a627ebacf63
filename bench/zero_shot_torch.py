"""Zero-shot tasks scored as lm-evaluation-harness does, by PyTorch transformers in float32 with its own tokenizer:

    python3 bench/zero_shot_torch.py FOLDER TASK.jsonl … [--limit N] [--device cuda] [--compare EVAL.json]

prints one JSON object with accuracy, acc_norm and predictions of every task. With `--compare`, the output of
`bitloom eval FOLDER --task TASK.jsonl … --json`, it counts equal predictions and gives the largest difference of log-likelihoods.
"""
import argparse, json, math, pathlib, re
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument('folder'); parser.add_argument('tasks', nargs='+')
parser.add_argument('--limit', type=int)
parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
parser.add_argument('--compare')
args = parser.parse_args()

torch.backends.cuda.matmul.allow_tf32 = False
tokenizer = AutoTokenizer.from_pretrained(args.folder)
model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32).to(args.device).eval()
longest = model.config.max_position_embeddings

def plain(text):
    text = re.sub(r'\[.*?\]', '', text.strip().replace(' [title]', '. '))
    return text.replace('  ', ' ')

def item(line):
    """Pairs of context and continuation, lengths of the choices, the right one; and what counts."""
    if 'context_options' in line:
        pairs = [(context, ' ' + line['continuation']) for context in line['context_options']]
        return pairs, None, line['gold']
    if 'endings' in line:
        context = plain(f"{line['activity_label']}: {line['ctx_a']} {line['ctx_b'].capitalize()}")
        choices, gold = [plain(ending) for ending in line['endings']], int(line['label'])
    elif 'choices' in line:
        context, choices, gold = line['query'].rstrip() + '\nAnswer:', line['choices'], line['gold']
    else:
        return [(line['context'], ' ' + line['continuation'])], None, 0
    return [(context, ' ' + choice) for choice in choices], [len(choice.encode()) for choice in choices], gold

def encode(text):
    bos = tokenizer.bos_token
    return tokenizer(text, add_special_tokens=not (bos and text.startswith(bos)))['input_ids']

@torch.no_grad()
def score(context, continuation):
    """Log-likelihood of the continuation, and whether greedy decoding gives it."""
    spaces = len(context) - len(context.rstrip())
    if spaces:
        context, continuation = context[:-spaces], context[-spaces:] + continuation
    whole = encode(context + continuation)
    target = torch.tensor(whole[len(encode(context)):])
    ids = torch.tensor([whole[-(longest + 1):][:-1]], device=args.device)
    logits = model(ids).logits[0, -len(target):].double().cpu().log_softmax(-1)
    return logits.gather(1, target[:, None]).sum().item(), bool((logits.argmax(-1) == target).all())

def share(predictions, gold):
    n = len(gold)
    p = sum(a == b for a, b in zip(predictions, gold)) / n
    return {'value': p, 'error': math.sqrt(p * (1 - p) / (n - 1)) if n > 1 else None}

def first_largest(values):
    return max(range(len(values)), key=values.__getitem__)

def evaluate(path):
    lines = [json.loads(line) for line in open(path, encoding='utf8') if line.strip()][:args.limit]
    items = [item(line) for line in lines]
    scores = [[score(*pair) for pair in pairs] for pairs, _, _ in items]
    gold = [right for _, _, right in items]
    said = [[ll for ll, _ in one] for one in scores]
    words = all(len(one) == 1 for one in said)
    predictions = [0 if one[0][1] else -1 for one in scores] if words else [first_largest(one) for one in said]
    norm = None
    if items[0][1]:
        norm = [first_largest([ll / n for ll, n in zip(one, lengths)]) for one, (_, lengths, _) in zip(said, items)]
    return {
        'task': pathlib.Path(path).stem, 'items': len(items), 'accuracy': share(predictions, gold),
        'normalized': norm and share(norm, gold),
        'perplexity': math.exp(-sum(one[0] for one in said) / len(said)) if words else None,
        'predictions': predictions, 'normalizedPredictions': norm, 'logLikelihoods': said,
    }

def compare(ours, theirs):
    flat = lambda report: [ll for one in report['logLikelihoods'] for ll in one]
    same = lambda key: sum(a == b for a, b in zip(ours[key] or [], theirs[key] or []))
    return {
        'task': ours['task'], 'items': ours['items'], 'equal': same('predictions'),
        'equalNormalized': same('normalizedPredictions') if ours['normalizedPredictions'] else None,
        'largestDifference': max(abs(a - b) for a, b in zip(flat(ours), flat(theirs), strict=True)),
    }

tasks = [evaluate(path) for path in args.tasks]
result = {'tasks': tasks}
if args.compare:
    theirs = {task['task']: task for task in json.load(open(args.compare))['tasks']}
    result['compared'] = [compare(task, theirs[task['task']]) for task in tasks]
print(json.dumps(result))
