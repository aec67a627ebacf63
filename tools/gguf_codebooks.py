"""The codebooks of the IQ types, as the gguf package has them, for src/formats/gguf/codebook-gaps.ts.

    pip install gguf
    python tools/gguf_codebooks.py > src/formats/gguf/codebook-gaps.ts

An entry is a number whose digits, the first weight's the lowest, choose among the levels. Entries rise, so that the steps from one to the
next are kept: a character a step, '(' for none, and '~' for as many as a character can say with more to come.
"""

from gguf import quants

# IQ1_M has that of IQ1_S
BOOKS = ["IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"]
FIRST, MOST = ord("("), ord("~") - ord("(")

print("/** Steps from each entry of a codebook to the next: see codebooks.ts. Made by tools/gguf_codebooks.py. */")
print("export const codebookGaps = {")
for name in BOOKS:
    book = getattr(quants, name)
    book.init_grid()
    digits = [[book.grid_map.index(int(level)) for level in entry] for entry in book.grid.reshape(book.grid_shape)]
    numbers = [sum(digit * len(book.grid_map) ** place for place, digit in enumerate(entry)) for entry in digits]
    steps = [number - before for before, number in zip([0, *numbers], numbers)]
    assert min(steps) >= 0
    text = "".join("~" * (step // MOST) + chr(FIRST + step % MOST) for step in steps)
    print(f"  {name}:\n    '{text.replace(chr(92), chr(92) * 2)}',")
print("} as const")
