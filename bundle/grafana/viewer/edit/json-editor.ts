// The whole dashboard as text, for everything no form has a field for.
import { asRecords, type Json } from '../model/json.ts';
import { migrateDashboard } from '../model/migrate-dashboard.ts';
import { openDialog } from '../ui/dialog.ts';
import { h } from '../ui/dom.ts';

/** `onApply` gets a checked and migrated document. */
export function openJsonEditor(dashboard: Json, onApply: (next: Json) => void): void {
  const text = h('textarea', {
    class: 'code tall',
    spellcheck: 'false',
    'aria-label': 'Dashboard JSON',
  });
  text.value = JSON.stringify(dashboard, null, 2);
  openDialog({
    title: 'Dashboard as JSON',
    isWide: true,
    content: [text],
    actions: [
      {
        text: 'Apply',
        isMain: true,
        run(dialog) {
          const next = migrateDashboard(JSON.parse(text.value));
          if (typeof next['title'] !== 'string' || next['title'] === '')
            throw new Error('a dashboard needs a title');
          if (asRecords(next['panels']).some(({ type }) => typeof type !== 'string'))
            throw new Error('each panel needs a type');
          next['uid'] = dashboard['uid'];
          dialog.close();
          onApply(next);
        },
      },
    ],
  });
}
