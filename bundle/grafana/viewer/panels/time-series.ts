// The panel type timeseries: plot, legend and tooltip together.
import { asText, at } from '../model/json.ts';
import { h } from '../ui/dom.ts';
import { createPlot, type Plot } from './chart-plot.ts';
import { createLegend } from './legend.ts';
import { type CreateRenderer, type DrawnSeries, drawnSeries, type PanelData } from './renderer.ts';
import { createTooltip } from './tooltip.ts';

export const createTimeSeries: CreateRenderer = (host) => {
  const area = h('div', { class: 'plot', tabindex: 0, role: 'group' });
  const tooltip = createTooltip();
  const body = h(
    'div',
    { class: 'chart' },
    h('div', { class: 'plot-frame' }, area, tooltip.element),
  );
  host.element.append(body);
  const hiddenNames = new Set<string>();
  let data: PanelData | undefined;
  let drawn: DrawnSeries[] = [];
  let plot: Plot | undefined;
  let drawnKey = '';

  const isVisible = (index: number): boolean => !hiddenNames.has(drawn[index]?.name ?? '');

  function choose(index: number, isAdding: boolean): void {
    const name = drawn[index]?.name ?? '';
    const shown = drawn.filter((_, n) => isVisible(n));
    if (isAdding) {
      if (!hiddenNames.delete(name)) hiddenNames.add(name);
    } else if (shown.length === 1 && shown[0]?.name === name) hiddenNames.clear();
    else {
      hiddenNames.clear();
      for (const one of drawn) if (one.name !== name) hiddenNames.add(one.name);
    }
    build();
  }

  function drawLegend(): void {
    if (data === undefined) return;
    const hadFocus = body.querySelector('.legend')?.contains(document.activeElement);
    const focused = hadFocus ? (document.activeElement as HTMLElement).title : undefined;
    const scrolled = body.querySelector('.legend')?.scrollTop ?? 0;
    body.querySelector('.legend')?.remove();
    const legend = createLegend({ data, drawn, isVisible, onChoose: choose });
    body.classList.toggle(
      'legend-right',
      at(data.panel.options, 'legend', 'placement') === 'right',
    );
    if (legend === undefined) return;
    body.append(legend);
    legend.scrollTop = scrolled;
    for (const button of legend.querySelectorAll<HTMLElement>('button'))
      if (button.title === focused) button.focus();
  }

  function build(): void {
    plot?.destroy();
    plot = undefined;
    tooltip.hide();
    if (data === undefined) return;
    drawLegend();
    const made = createPlot({
      element: area,
      data,
      drawn,
      isVisible,
      crosshairKey: host.crosshairKey,
      onZoom: host.onZoom,
      onHover(hover) {
        if (hover === undefined || data === undefined || plot === undefined) return tooltip.hide();
        const shown = drawn.flatMap((_, index) => (isVisible(index) ? [index] : []));
        tooltip.show(hover, plot, data, drawn, shown);
      },
    });
    plot = made;
  }

  area.addEventListener('keydown', (event) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by !== 0) plot?.step(event.shiftKey ? by * 10 : by);
    else if (event.key === 'Escape') plot?.step(0);
    else return;
    event.preventDefault();
  });
  area.addEventListener('blur', () => plot?.step(0));

  return {
    update(next) {
      data = next;
      drawn = drawnSeries(next);
      area.setAttribute(
        'aria-label',
        `${asText(next.panel.json['title']) || 'Chart'}: ${drawn.length} series over time. Arrow keys read values.`,
      );
      const key = JSON.stringify([
        next.panel.fieldConfig,
        next.panel.options,
        next.isUtc,
        drawn.map(({ name }) => name),
      ]);
      if (plot !== undefined && key === drawnKey) {
        drawLegend();
        plot.setData(next, drawn);
        plot.setSize();
      } else {
        drawnKey = key;
        build();
      }
    },
    resize: () => plot?.setSize(),
    redraw: build,
    destroy() {
      plot?.destroy();
      body.remove();
    },
  };
};
