export function savedVariables(): Record<string, string>
export function saveVariables(variables: Record<string, string>): void
