// The contract of a part of the panel form.
import type { Json } from '../model/json.ts';

/** A part of the form: its element, and how it writes into the panel. */
export interface PanelFormPart {
  element: HTMLElement;
  write(panel: Json): void;
}
