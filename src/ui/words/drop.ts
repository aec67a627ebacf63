export const dropWords = {
  busy: 'The engine is at work: cancel or wait, then drop',
  letGo: 'Let go to open',
}
