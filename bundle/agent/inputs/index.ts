// The inputs that ship. An input is its own folder plus a line here.
import type { Input } from './input.ts';

export const inputs: readonly Input[] = [];
