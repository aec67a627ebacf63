"""Steps of TesseraQ's block reconstruction in PyTorch float32 without TF32, the work of `bitloom bench --reconstruction`:

    python3 bench/reconstruction_torch.py --hidden 2048 --ffn 8192 --heads 32 --kv-heads 8 --length 2048 --batch 4 --runs 5

A decoder block of random weights, all roundings soft: Ŵ = (clamp(⌊W/s⌋ + h(ν) + z, 0, 3) − z)·s·2σ(v), loss = mean over
tokens of Σ over hidden of (Y − block(X; Ŵ))², backward, Adam on ν and v. Prints one JSON object: medians over runs of
milliseconds a step, and the peak of allocated memory.
"""
import argparse, json, time
import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
for name, value in {'hidden': 2048, 'ffn': 8192, 'heads': 32, 'kv-heads': 8, 'length': 2048, 'batch': 4, 'runs': 5}.items():
    parser.add_argument(f'--{name}', type=int, default=value)
parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
args = parser.parse_args()
hidden, ffn, heads, kv, length, batch = args.hidden, args.ffn, args.heads, args.kv_heads, args.length, args.batch
head, group, device = hidden // heads, 128, args.device

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.manual_seed(1)


class Rounded:
    """A linear whose roundings are soft, 2 bits, groups of 128."""

    def __init__(self, out, columns):
        w = torch.randn(out, columns, device=device) * columns ** -0.5
        grouped = w.view(out, -1, group)
        low, high = grouped.amin(-1, keepdim=True), grouped.amax(-1, keepdim=True)
        self.shape, self.step = w.shape, (high - low) / 3
        self.zero = (-low / self.step).round().clamp(0, 3)
        y = grouped / self.step
        self.floor = y.floor()
        self.nu = (-torch.log(1.2 / (y - self.floor + 0.1) - 1)).requires_grad_()
        self.v = torch.zeros_like(self.step).requires_grad_()

    def weight(self):
        alpha = (1.2 * torch.sigmoid(self.nu) - 0.1).clamp(0, 1)
        q = (self.floor + alpha + self.zero).clamp(0, 3)
        return ((q - self.zero) * self.step * (2 * torch.sigmoid(self.v))).view(self.shape)


linears = {name: Rounded(*shape) for name, shape in {
    'q': (hidden, hidden), 'k': (kv * head, hidden), 'v': (kv * head, hidden), 'o': (hidden, hidden),
    'gate': (ffn, hidden), 'up': (ffn, hidden), 'down': (hidden, ffn)}.items()}
norms = [torch.ones(hidden, device=device) for _ in range(2)]
angle = torch.arange(length, device=device)[:, None] * 10000 ** (-torch.arange(head // 2, device=device) * 2 / head)
cos, sin = angle.cos(), angle.sin()


def rope(h):
    a, b = h.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def norm(h, w):
    return h * torch.rsqrt(h.square().mean(-1, keepdim=True) + 1e-5) * w


def block(x):
    split = lambda h, count: h.view(batch, length, count, head).transpose(1, 2)
    n = norm(x, norms[0])
    q, k, v = (F.linear(n, linears[name].weight()) for name in 'qkv')
    a = F.scaled_dot_product_attention(rope(split(q, heads)), rope(split(k, kv)), split(v, kv), is_causal=True, enable_gqa=True)
    h = x + F.linear(a.transpose(1, 2).reshape(batch, length, hidden), linears['o'].weight())
    n = norm(h, norms[1])
    return h + F.linear(F.silu(F.linear(n, linears['gate'].weight())) * F.linear(n, linears['up'].weight()), linears['down'].weight())


x, target = (torch.randn(batch, length, hidden, device=device) for _ in range(2))
optimiser = torch.optim.Adam([
    {'params': [linear.nu for linear in linears.values()], 'lr': 1e-3},
    {'params': [linear.v for linear in linears.values()], 'lr': 1e-3, 'weight_decay': 1e-4}], fused=device == 'cuda')


def step():
    loss = (target - block(x)).square().sum(-1).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


settle = torch.cuda.synchronize if device == 'cuda' else lambda: None
step(); settle()
times = []
for _ in range(args.runs):
    started = time.perf_counter(); step(); settle()
    times.append((time.perf_counter() - started) * 1e3)
print(json.dumps({
    'device': torch.cuda.get_device_name() if device == 'cuda' else 'cpu', 'torch': torch.__version__,
    'hidden': hidden, 'ffn': ffn, 'length': length, 'batch': batch, 'ms': sorted(times)[args.runs // 2],
    'peakBytes': torch.cuda.max_memory_allocated() if device == 'cuda' else None}))
