/** Linears that inference servers join into one at load, by the joint's name: its parts must be quantized alike. */
const JOINTS = {
  qkv_proj: ['q_proj', 'k_proj', 'v_proj'],
  gate_up_proj: ['gate_proj', 'up_proj'],
} as const

export interface Joint {
  /** 'model.layers.0.self_attn.qkv_proj'. */
  readonly name: string
  /** Full names of its linears. */
  readonly parts: readonly string[]
}

/** The joints of which all parts are among these linears. */
export function jointsOf(names: Iterable<string>): Joint[] {
  const known = new Set(names)
  const joints: Joint[] = []
  for (const name of known)
    for (const [joint, [first, ...others]] of Object.entries(JOINTS)) {
      if (!name.endsWith(`.${first}`)) continue
      const place = name.slice(0, -first.length)
      const parts = [name, ...others.map((part) => `${place}${part}`)]
      if (parts.every((part) => known.has(part))) joints.push({ name: `${place}${joint}`, parts })
    }
  return joints
}
