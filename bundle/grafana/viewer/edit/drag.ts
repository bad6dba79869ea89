// Moving and sizing a panel with the pointer: by its head, and by its lower right corner.
import type { GridPosition } from '../model/dashboard.ts';
import { h } from '../ui/dom.ts';

export interface DragOptions {
  /** The panel's element, standing in the grid. */
  element: HTMLElement;
  grid(): GridPosition;
  /** Whether the panel may be moved now. */
  isFree(): boolean;
  /** Called once the pointer is released at another place or size. */
  onDrop(grid: GridPosition): void;
}

const rowPixels = 38;
const startPixels = 5; // less is a click

/** Adds the corner and listens; ends with the element. */
export function makeDraggable({ element, grid, isFree, onDrop }: DragOptions): void {
  const corner = h('div', { class: 'resize-corner', 'aria-hidden': 'true' });
  element.append(corner);

  function follow(down: PointerEvent, change: (columns: number, rows: number) => GridPosition) {
    const parent = element.parentElement;
    if (parent === null || !isFree() || down.button !== 0) return;
    const columnPixels = (parent.clientWidth + 8) / 24;
    const from = grid();
    let next = from;
    let isDragging = false;
    const move = (event: PointerEvent): void => {
      const [dx, dy] = [event.pageX - down.pageX, event.pageY - down.pageY];
      if (!isDragging && Math.hypot(dx, dy) < startPixels) return;
      isDragging = true;
      element.classList.add('is-dragged');
      next = change(Math.round(dx / columnPixels), Math.round(dy / rowPixels));
      element.style.gridColumn = `${next.x + 1} / span ${next.w}`;
      element.style.gridRow = `${next.y + 1} / span ${next.h}`;
    };
    const end = (event: PointerEvent): void => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
      element.classList.remove('is-dragged');
      if (isDragging) onDrop(event.type === 'pointerup' ? next : from);
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
    down.preventDefault();
  }

  corner.addEventListener('pointerdown', (event) => {
    const { x, y, w, h: height } = grid();
    follow(event, (columns, rows) => ({
      x,
      y,
      w: Math.min(24 - x, Math.max(2, w + columns)),
      h: Math.max(2, height + rows),
    }));
  });
  element.querySelector<HTMLElement>('.panel-head')?.addEventListener('pointerdown', (event) => {
    if ((event.target as Element).closest('button, .popover, .panel-help') !== null) return;
    const { x, y, w, h: height } = grid();
    follow(event, (columns, rows) => ({
      x: Math.min(24 - w, Math.max(0, x + columns)),
      y: Math.max(0, y + rows),
      w,
      h: height,
    }));
  });
}
