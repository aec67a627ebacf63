"""Tiny random models of every supported architecture, and what PyTorch transformers computes with them.

    python tools/architecture_fixtures.py test/fixtures/architectures [NAME …]

Needs torch, transformers (written with 5.18) and safetensors. Each model becomes a folder with config.json and
model.safetensors in float16 as `save_pretrained` writes them, and expected.safetensors with `ids` [tokens], `logits`
[tokens, vocab] and `gradient.NAME` [out] of every linear (see `differentiate`; not of models with experts), float32, computed
by eager attention in float64 from the float16 weights. Sizes are odd on purpose;
windows are shorter than the text, so that they matter.
"""

import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

COMMON = dict(
    vocab_size=97,
    hidden_size=36,
    intermediate_size=52,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=10,
    max_position_embeddings=64,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=None,
)
TOKENS = 24

LLAMA3 = dict(
    rope_type="llama3",
    rope_theta=500.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)
LONGROPE = dict(
    rope_type="longrope",
    rope_theta=10000.0,
    short_factor=[1.0, 1.1, 1.3, 1.7],
    long_factor=[1.2, 1.9, 2.8, 4.1],
    original_max_position_embeddings=16,
)

MODELS = {
    "llama": ("LlamaForCausalLM", dict(rope_parameters=LLAMA3, attention_bias=True)),
    "mistral": ("MistralForCausalLM", dict(sliding_window=7)),
    "qwen2": ("Qwen2ForCausalLM", dict(head_dim=None, hidden_size=40, tie_word_embeddings=True)),
    "qwen3": ("Qwen3ForCausalLM", dict()),
    "phi3": ("Phi3ForCausalLM", dict(head_dim=None, hidden_size=48, sliding_window=9)),
    "phi3-long": (
        "Phi3ForCausalLM",
        dict(
            head_dim=None,
            hidden_size=48,
            sliding_window=None,
            rope_parameters=dict(LONGROPE, partial_rotary_factor=2 / 3),
            partial_rotary_factor=2 / 3,
            original_max_position_embeddings=16,
        ),
    ),
    "gemma2": ("Gemma2ForCausalLM", dict(sliding_window=7, query_pre_attn_scalar=17, attn_logit_softcapping=3.0, final_logit_softcapping=5.0)),
    "gemma3": (
        "Gemma3ForCausalLM",
        dict(num_hidden_layers=3, sliding_window=7, query_pre_attn_scalar=17, layer_types=["sliding_attention", "full_attention", "sliding_attention"]),
    ),
    "gpt2": (
        "GPT2LMHeadModel",
        dict(vocab_size=97, n_embd=36, n_layer=2, n_head=3, n_positions=64, n_inner=52, bos_token_id=0, eos_token_id=1),
    ),
    "gpt-neox": (
        "GPTNeoXForCausalLM",
        dict(head_dim=None, num_key_value_heads=None, hidden_size=48, rotary_pct=0.5),
    ),
    "gpt-neox-sequential": (
        "GPTNeoXForCausalLM",
        dict(head_dim=None, num_key_value_heads=None, hidden_size=40, use_parallel_residual=False, rotary_pct=0.25, num_attention_heads=5),
    ),
    "mixtral": ("MixtralForCausalLM", dict(num_local_experts=4, num_experts_per_tok=2, sliding_window=None)),
    "qwen3-moe": (
        "Qwen3MoeForCausalLM",
        dict(num_experts=5, num_experts_per_tok=2, moe_intermediate_size=20, norm_topk_prob=True),
    ),
    "qwen3-moe-plain": (
        "Qwen3MoeForCausalLM",
        dict(num_experts=5, num_experts_per_tok=2, moe_intermediate_size=20, norm_topk_prob=False),
    ),
}


def randomize(model: torch.nn.Module) -> None:
    """Weights as loud as trained ones, so that every part of a block shows in the logits."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape)
        if "norm" in name or ".ln_" in name:
            centre = 0.0 if "Gemma" in type(model).__name__ or name.endswith("bias") else 1.0
            values = centre + 0.3 * noise
        elif parameter.dim() == 1:
            values = 0.3 * noise
        elif "embed" in name or "wte" in name or "wpe" in name:
            values = 0.7 * noise
        else:
            values = noise * 1.5 / parameter.shape[-1] ** 0.5
        parameter.data.copy_(values.half().float())


def differentiate(model: torch.nn.Module, ids: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Logits, and of the summed next-token loss the squared gradient to every output of every linear, mean over tokens."""
    outputs: dict[str, torch.Tensor] = {}
    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, (torch.nn.Linear, transformers.pytorch_utils.Conv1D)) and ("layers." in name or ".h." in name):

            def keep(_module, _inputs, output, name=name):
                output.retain_grad()
                outputs[name] = output

            hooks.append(module.register_forward_hook(keep))
    logits = model(ids[None]).logits[0]
    torch.nn.functional.cross_entropy(logits[:-1], ids[1:], reduction="sum").backward()
    for hook in hooks:
        hook.remove()
    experts = any("experts" in name for name, _ in model.named_modules())
    squares = {f"gradient.{name}": value.grad[0].square().mean(0).float() for name, value in outputs.items()}
    model.zero_grad()
    return logits.detach().float().contiguous(), {} if experts else squares


def make(name: str, folder: pathlib.Path) -> None:
    class_name, changes = MODELS[name]
    model_class = getattr(transformers, class_name)
    options = dict(changes) if class_name.startswith("GPT2") else {**COMMON, **changes}
    options = {key: value for key, value in options.items() if value is not None or key in ("pad_token_id", "sliding_window")}
    config = model_class.config_class(**options)
    config._attn_implementation = config._experts_implementation = "eager"
    torch.manual_seed(7)
    model = model_class(config).eval()
    randomize(model)
    model.tie_weights()
    ids = torch.randint(2, options["vocab_size"], (TOKENS,))
    folder.mkdir(parents=True, exist_ok=True)
    logits, gradients = differentiate(model.double(), ids)
    model.half().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({"ids": ids.int(), "logits": logits, **gradients}, folder / "expected.safetensors")
    config = json.loads((folder / "config.json").read_text())
    print(name, sorted(config), f"{(folder / 'model.safetensors').stat().st_size} bytes, logits to {logits.abs().max():.2f}")


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    for chosen in sys.argv[2:] or MODELS:
        make(chosen, out / chosen)
