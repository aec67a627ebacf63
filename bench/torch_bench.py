"""The same work as `bitloom bench`, in PyTorch float32 without TF32 on the same GPU: prints one JSON object.

    python3 bench/torch_bench.py --sizes 512,1024,2048,4096 --runs 7
"""
import argparse, json, time
import torch

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def busy(run, seconds):
    until = time.perf_counter() + seconds
    while True:
        run(); torch.cuda.synchronize()
        if time.perf_counter() > until: break


def median_ms(run, runs):
    a = noise(2048, 2048)
    busy(lambda: a @ a, 0.5)  # a GPU that idled runs at a fraction of its clock for a while
    busy(run, 0.3)
    times = []
    for _ in range(runs):
        start = time.perf_counter(); run(); torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[runs // 2]


def gptq_loop(w, h, group=128, bits=4, blocksize=128):
    """The usual column loop of GPTQ implementations, min-max ranges per group, from ready H."""
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


def noise(*shape):
    return torch.rand(*shape, device='cuda') * 2 - 1


def works(n, largest):
    """Name and what to do, each set up when it comes up and let go after it."""
    rows = -(-11008 * n // 4096)
    h = (lambda a: a.T @ a / n + torch.eye(n, device='cuda'))(noise(n, n))
    eye = torch.eye(n, device='cuda')

    def product(m=n):
        a, b = noise(m, n), noise(n, n)
        return lambda: a @ b.T

    def hessian(tokens):
        x, hsum = noise(tokens, n), torch.zeros(n, n, device='cuda')
        return lambda: hsum.addmm_(x.T, x)

    def triangular():
        upper, features = torch.triu(noise(n, n)), noise(n, 64)
        return lambda: upper @ features

    def gram():
        a, b = noise(n, 64), noise(n, 64)
        return lambda: a.T @ b

    def attention():
        q, k, v = (noise(1, 32, n, 128) for _ in range(3))
        return lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    def vector():
        matrices, x = [noise(rows, n) for _ in range(8)], noise(n)
        return lambda: [w @ x for w in matrices]

    def copy():
        a, b = noise(4, n, n), noise(4, n, n)
        return lambda: b.copy_(a)

    def layer(m):
        w = noise(m, n)
        return lambda: gptq_loop(w, h)

    factor = lambda: torch.linalg.cholesky(h)
    usual = lambda: torch.linalg.cholesky(torch.cholesky_inverse(factor()), upper=True)
    solved = lambda: torch.linalg.solve_triangular(factor(), eye, upper=False)
    yield 'matmul A·Bᵀ n×n×n', product
    for tokens in (2048, 16384, 65536):
        if n * max(n, tokens) <= largest * max(largest, 16384) and (tokens <= 16384 or n <= 512):
            yield f'Hessian n×n += XᵀX, {tokens} tokens', lambda: hessian(tokens)
    yield 'U·X, n×n upper triangular, n×64', triangular
    yield 'XᵀY, 64×64 from n rows', gram
    yield 'Cholesky n×n', lambda: factor
    yield 'Cholesky and triangular inverse, n×n', lambda: solved
    yield 'factor of H⁻¹ by Cholesky, inverse, Cholesky, n×n', lambda: usual
    yield 'GPTQ of a layer n×n, 4 bits, groups of 128', lambda: layer(n)
    yield 'GPTQ of a layer 2.69n×n, 4 bits, groups of 128', lambda: layer(rows)
    yield 'attention of 32 heads × 128, n tokens', attention
    yield 'copy of 4 n×n float32, read and written', copy
    yield 'float32 W·x, 8 of 2.69n×n in turn, one token', vector
    yield 'W·X in float32, n×n, 512 tokens', lambda: product(512)


parser = argparse.ArgumentParser()
parser.add_argument('--sizes', default='512,1024,2048,4096')
parser.add_argument('--runs', type=int, default=7)
args = parser.parse_args()
rows = []
sizes = [int(n) for n in args.sizes.split(',')]
for n in sizes:
    for name, prepare in works(n, max(sizes)):
        rows.append({'work': name, 'n': n, 'ms': median_ms(prepare(), args.runs)})
        torch.cuda.empty_cache()
print(json.dumps({'device': torch.cuda.get_device_name(), 'torch': torch.__version__, 'rows': rows}))
