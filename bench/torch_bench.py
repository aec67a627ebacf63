"""The same work as `bitloom bench`, in PyTorch float32 without TF32 on the same GPU: prints one JSON object.

    python3 bench/torch_bench.py --sizes 512,1024,2048,4096 --runs 7
"""
import argparse, json, time
import torch

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
TOKENS = 2048


def median_ms(run, runs):
    run(); torch.cuda.synchronize()
    times = []
    for _ in range(runs):
        start = time.perf_counter(); run(); torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[runs // 2]


def gptq_loop(w, h, group=128, bits=4, blocksize=128):
    """The usual column loop of GPTQ implementations, min-max ranges per group."""
    n = w.shape[1]
    w = w.clone()
    q = torch.empty_like(w)
    damp = 0.01 * torch.diag(h).mean()
    h = h.clone(); h.diagonal().add_(damp)
    u = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    top = 2 ** bits - 1
    for i1 in range(0, n, blocksize):
        i2 = min(i1 + blocksize, n)
        w1 = w[:, i1:i2].clone(); q1 = torch.zeros_like(w1); err1 = torch.zeros_like(w1); u1 = u[i1:i2, i1:i2]
        for i in range(i2 - i1):
            if (i1 + i) % group == 0:
                part = w[:, i1 + i:i1 + i + group]
                low = part.min(1).values.clamp(max=0); high = part.max(1).values.clamp(min=0)
                scale = (high - low) / top; zero = torch.round(-low / scale)
            c = w1[:, i]; d = u1[i, i]
            code = torch.clamp(torch.round(c / scale) + zero, 0, top)
            q1[:, i] = scale * (code - zero)
            e = (c - q1[:, i]) / d
            w1[:, i:] -= e.unsqueeze(1).matmul(u1[i, i:].unsqueeze(0))
            err1[:, i] = e
        q[:, i1:i2] = q1
        w[:, i2:] -= err1.matmul(u[i1:i2, i2:])
    return q


def works(n):
    a, b = torch.rand(n, n, device='cuda') * 2 - 1, torch.rand(n, n, device='cuda') * 2 - 1
    x = torch.rand(TOKENS, n, device='cuda') * 2 - 1
    hsum = torch.zeros(n, n, device='cuda')
    h = a.T @ a / n + torch.eye(n, device='cuda')
    upper = torch.triu(a)
    features, gradient = torch.rand(n, 64, device='cuda') * 2 - 1, torch.rand(n, 64, device='cuda') * 2 - 1
    def factor():
        return torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)
    many = {}
    if n <= 512:
        tokens = torch.rand(65536, n, device='cuda') * 2 - 1
        many = {'Hessian n×n += XᵀX, 65536 tokens': lambda: hsum.addmm_(tokens.T, tokens)}
    return many | {
        'U·X, n×n upper triangular, n×64': lambda: upper @ features,
        'XᵀY, 64×64 from n rows': lambda: features.T @ gradient,
        'matmul A·Bᵀ n×n×n': lambda: a @ b.T,
        f'Hessian n×n += XᵀX, {TOKENS} tokens': lambda: hsum.addmm_(x.T, x),
        'Cholesky n×n': lambda: torch.linalg.cholesky(h),
        'factor of H⁻¹, n×n': factor,
        'GPTQ of an n×n layer, 4 bits, groups of 128': lambda: gptq_loop(a, h),
    }


parser = argparse.ArgumentParser()
parser.add_argument('--sizes', default='512,1024,2048,4096')
parser.add_argument('--runs', type=int, default=7)
args = parser.parse_args()
rows = []
for n in map(int, args.sizes.split(',')):
    for name, run in works(n).items():
        rows.append({'work': name, 'n': n, 'ms': median_ms(run, args.runs)})
print(json.dumps({'device': torch.cuda.get_device_name(), 'torch': torch.__version__, 'rows': rows}))
