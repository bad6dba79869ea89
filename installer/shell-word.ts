// Paths in shell scripts, and in commands that the user is to paste into a shell.

/** `text` as one word of a shell command: in quotes when it needs them. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
