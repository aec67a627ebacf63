import { plainName } from '../src/formats/file-name'

/** A run in parts, as an engine of jobs starts it. */
export interface ClusterJob {
  readonly name: string
  readonly parts: number
  /** The command of a part; '$PART' stands for its number, from 1. */
  readonly commandOf: (part: string) => string
  readonly image: string
  /** Folder that model, text and parts are named from. */
  readonly workingDir: string
}

/**
 * A Kubernetes Job with an index for every part, https://kubernetes.io/docs/concepts/workloads/controllers/job/, "Completion mode".
 * A pod that fails is started again in its place, and goes on from the blocks that it has kept.
 */
export function kubernetesJob({ name, parts, commandOf, image, workingDir }: ClusterJob): string {
  const container = {
    ...{ name: 'bitloom', image, workingDir },
    command: ['sh', '-c', `exec ${commandOf('"$((JOB_COMPLETION_INDEX + 1))"')}`],
    resources: { limits: { 'nvidia.com/gpu': 1 } },
    volumeMounts: [{ name: 'work', mountPath: workingDir }],
  }
  const job = {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: dnsName(name) } },
    spec: {
      ...{ completionMode: 'Indexed', completions: parts, parallelism: parts, backoffLimit: 3 * parts },
      template: {
        spec: {
          restartPolicy: 'OnFailure',
          containers: [container],
          volumes: [{ name: 'work', persistentVolumeClaim: { claimName: 'bitloom-work' } }],
        },
      },
    },
  }
  return `# image, claimName and resources are those of your cluster\n${yaml(job)}`
}

/** A script for `sbatch`, a task of an array for every part. https://slurm.schedmd.com/job_array.html */
export const slurmScript = ({ name, parts, commandOf }: ClusterJob): string => `#!/bin/sh
#SBATCH --job-name=${dnsName(name)}
#SBATCH --array=1-${parts}
#SBATCH --gres=gpu:1
#SBATCH --requeue
# sbatch starts tasks in the folder that it is called from: where 'bitloom plan' was
exec ${commandOf('"$SLURM_ARRAY_TASK_ID"')}
`

/** A label as the domain name system takes it: 63 small letters, digits and hyphens. */
const dnsName = (name: string): string =>
  `bitloom-${plainName(name).toLowerCase().replace(/[._]+/g, '-')}`.slice(0, 63).replace(/-+$/, '')

type Yaml = string | number | readonly Yaml[] | { readonly [key: string]: Yaml }

/** Block style; every text is in the quotes of JSON, which YAML 1.2 reads as JSON does. */
function yaml(value: Yaml, indent = ''): string {
  if (typeof value !== 'object') return `${JSON.stringify(value)}\n`
  const nested = (part: Yaml) => (typeof part === 'object' ? `\n${yaml(part, `${indent}  `)}` : ` ${yaml(part)}`)
  if (Array.isArray(value)) return value.map((part) => `${indent}-${nested(part)}`).join('')
  return Object.entries(value)
    .map(([key, part]) => `${indent}${/^[a-z]\w*$/i.test(key) ? key : JSON.stringify(key)}:${nested(part)}`)
    .join('')
}

/** An argument as a POSIX shell takes it. */
export const shellQuoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
