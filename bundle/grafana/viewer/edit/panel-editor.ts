// Editing one panel: the form of its queries, values and look, with a preview.
import { boundOf, type VariableState } from '../dashboard/variable-state.ts';
import type { Scope } from '../model/interpolate.ts';
import { asText, cloneJson, type Json } from '../model/json.ts';
import { openDialog } from '../ui/dialog.ts';
import { h } from '../ui/dom.ts';
import { generalPart, lookPart, textPart, valuesPart } from './panel-form-parts.ts';
import { queriesPart } from './queries-part.ts';

export interface PanelEditorOptions {
  json: Json;
  /** Draws the panel as it would be. */
  preview(json: Json): PanelPreview;
  scope: readonly VariableState[];
  /** Gets the changed panel; the one given in stays as it was. */
  onApply(next: Json): void;
}

export interface PanelPreview {
  element: HTMLElement;
  update(json: Json): void;
  destroy(): void;
}

const previewDelayMs = 400; // a pause in typing

export function openPanelEditor(options: PanelEditorOptions): void {
  const { json, scope, onApply, preview: makePreview } = options;
  const isText = json['type'] === 'text';
  const isGraph = json['type'] === 'timeseries';
  const isRow = json['type'] === 'row';
  const variables: Scope = new Map(scope.map((state) => [state.variable.name, boundOf(state)]));
  const parts = isRow
    ? [generalPart(json)]
    : [
        ...(isText ? [textPart(json)] : [queriesPart(json, variables)]),
        generalPart(json),
        ...(isText ? [] : [valuesPart(json)]),
        ...(isGraph ? [lookPart(json)] : []),
      ];
  const edited = (): Json => {
    const next = cloneJson(json);
    for (const part of parts) part.write(next);
    return next;
  };
  const preview = isRow ? undefined : makePreview(json);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { body } = openDialog({
    title: `Edit ${asText(json['title']) || 'panel'}`,
    isWide: true,
    content: [
      preview === undefined ? null : h('div', { class: 'preview' }, preview.element),
      ...parts.map(({ element }) => element),
    ],
    actions: [
      {
        text: 'Apply',
        isMain: true,
        run(dialog) {
          const next = edited();
          dialog.close();
          onApply(next);
        },
      },
    ],
    onClose() {
      clearTimeout(timer);
      preview?.destroy();
    },
  });
  const renew = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => preview?.update(edited()), previewDelayMs);
  };
  body.addEventListener('input', renew);
  body.addEventListener('click', (event) => {
    const isOurs = preview?.element.contains(event.target as Node) ?? false;
    if (!isOurs && (event.target as Element).closest('button') !== null) renew();
  });
  preview?.update(json);
}
