"""Reads GPTQ, compressed-tensors and float folders without any of the software that made or loads them, from the
description of the formats alone (docs/formats.md), and holds them against each other:

    python3 tools/read_quantized.py FOLDER... [--against FOLDER] [--text FILE] [--length 512] [--max-tokens N]

prints a JSON object a folder. With --against (a float16 or bfloat16 export of the same run) every tensor is compared: codes
must stand for weights that round to its halves, everything else must be equal. With --text the perplexity under `windows:L`
is that of transformers' own Llama in float32, with the weights read here. Needs numpy, torch, safetensors, transformers.
"""
import argparse, json, math, pathlib, re, sys
import numpy as np
import torch
from safetensors.torch import load_file


def strings(words, bits, length):
    """Codes of the bit strings that the rows of int32 words are, the lowest bit first: [rows, length]."""
    rows = np.ascontiguousarray(words, dtype='<i4').view(np.uint8).reshape(words.shape[0], -1)
    flat = np.unpackbits(rows, axis=1, bitorder='little')[:, :length * bits].reshape(-1, length, bits)
    return (flat.astype(np.int64) << np.arange(bits)).sum(2)


def gptq(name, tensors, config):
    bits = config['bits']
    for rule, changes in (config.get('dynamic') or {}).items():
        if rule.startswith('+:') and re.match(rule[2:], name):
            bits = changes.get('bits', bits)
    columns = tensors['g_idx'].numel()
    scales = tensors['scales'].float().numpy()
    out = scales.shape[1]
    codes = strings(tensors['qweight'].numpy().T, bits, columns)
    zeros = strings(tensors['qzeros'].numpy(), bits, out)
    if config.get('checkpoint_format', 'gptq') == 'gptq':
        zeros = zeros + 1
    group = tensors['g_idx'].numpy()
    return scales[group].T * (codes - zeros[group].T)


def compressed(name, tensors, config):
    def applies(target):
        return re.match(target[3:], name) is not None if target.startswith('re:') else target in (name, 'Linear')

    weights = next(g['weights'] for g in config['config_groups'].values() if any(map(applies, g['targets'])))
    bits = weights['num_bits']
    out, columns = tensors['weight_shape'].tolist()
    codes = strings(tensors['weight_packed'].numpy(), bits, columns)
    scales = tensors['weight_scale'].float().numpy()
    groups = scales.shape[1]
    assert weights['strategy'] == 'channel' or columns // groups == weights['group_size']
    if weights['symmetric']:
        zeros = np.full((out, groups), 2 ** (bits - 1))
    else:
        zeros = strings(tensors['weight_zero_point'].numpy().T, bits, out).T
    ordered = weights.get('actorder') == 'group'
    group = tensors['weight_g_idx'].numpy() if ordered else np.arange(columns) // (columns // groups)
    return scales[:, group] * (codes - zeros[:, group])


def read(folder):
    """Config, and every tensor of the model by its name in a plain checkpoint; weights of codes are float32."""
    path = pathlib.Path(folder)
    config = json.loads((path / 'config.json').read_text())
    stored = {}
    for file in sorted(path.glob('*.safetensors')):
        stored.update(load_file(file))
    quantization = config.pop('quantization_config', None)
    if quantization is None:
        return config, stored, 'float'
    method = quantization['quant_method']
    read_linear, key = {'gptq': (gptq, 'qweight'), 'compressed-tensors': (compressed, 'weight_packed')}[method]
    names = [name[:-len(key) - 1] for name in stored if name.endswith(f'.{key}')]
    tensors = {}
    for name in names:
        parts = {k[len(name) + 1:]: stored.pop(k) for k in [k for k in stored if k.startswith(f'{name}.') and not k.endswith('.bias')]}
        weight = read_linear(name, parts, quantization)
        tensors[f'{name}.weight'] = torch.from_numpy(weight.astype(np.float32))
    return config, {**stored, **tensors}, method


def compare(tensors, others):
    """Tensors that are unlike: names that one lacks, and those of which a value rounds to another."""
    unlike = sorted(set(tensors) ^ set(others))
    for name in set(tensors) & set(others):
        a, b = tensors[name], others[name]
        if a.shape != b.shape or not torch.equal(a.to(b.dtype), b):
            unlike.append(name)
    return unlike


def perplexity(folder, config, tensors, text, length, max_tokens):
    from tokenizers import Tokenizer
    from transformers import AutoConfig, AutoModelForCausalLM
    ids = Tokenizer.from_file(f'{folder}/tokenizer.json').encode(open(text, encoding='utf8').read(), add_special_tokens=False).ids
    ids = ids[:max_tokens or len(ids)]
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config), dtype=torch.float32).eval()
    missing, unexpected = model.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    assert not unexpected and set(missing) <= {'lm_head.weight'}, (missing, unexpected)
    model.tie_weights()
    windows = torch.tensor(ids[:len(ids) // length * length]).view(-1, length)
    nll, count = 0.0, 0
    with torch.no_grad():
        for batch in windows.split(8):
            logits = model(batch).logits[:, :-1].double()
            nll += torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1), reduction='sum').item()
            count += batch[:, 1:].numel()
    return math.exp(nll / count)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('folder', nargs='+'); parser.add_argument('--against'); parser.add_argument('--text')
parser.add_argument('--length', type=int, default=512); parser.add_argument('--max-tokens', type=int)
args = parser.parse_args()
against = read(args.against)[1] if args.against else None
failed = False
for folder in args.folder:
    config, tensors, method = read(folder)
    line = {'folder': pathlib.Path(folder).name, 'format': method, 'tensors': len(tensors)}
    if against is not None:
        line['unlike'] = compare(tensors, against)
        failed = failed or bool(line['unlike'])
    if args.text:
        line['perplexity'] = perplexity(folder, config, tensors, args.text, args.length, args.max_tokens)
    print(json.dumps(line))
sys.exit(1 if failed else 0)
