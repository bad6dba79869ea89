// Hands text to the browser's own download.
import { h } from './dom.ts';

export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const file = name.replace(/[^\w.-]+/g, '-').toLowerCase();
  const link = h('a', { href: address, download: file });
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(address);
}
