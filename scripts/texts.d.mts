export function writeTexts(): void
