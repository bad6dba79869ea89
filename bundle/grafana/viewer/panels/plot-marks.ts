// What is drawn on a plot besides its series: thresholds and events.
import uPlot from 'uplot';
import type { MetricEvent } from '../api.ts';
import { colorOf, withOpacity } from '../model/colors.ts';
import type { Field } from '../model/field.ts';

/** Lines at the thresholds and colored areas between them. */
export function drawThresholds(plot: uPlot, fields: Field[]): void {
  const field = fields.find(({ thresholdsStyle }) => thresholdsStyle !== 'off');
  const scale = plot.scales['left'];
  if (field === undefined || scale?.min == null || scale.max == null) return;
  const { ctx, bbox } = plot;
  const [min, max] = [scale.min, scale.max];
  const toY = (value: number): number => plot.valToPos(value, 'left', true);
  ctx.save();
  field.thresholds.forEach((step, index) => {
    const color = colorOf(step.color);
    if (color === 'transparent') return;
    const from = Math.max(step.value ?? min, min);
    const to = Math.min(field.thresholds[index + 1]?.value ?? max, max);
    if (field.thresholdsStyle.includes('area') && from < to) {
      ctx.fillStyle = withOpacity(color, 0.1);
      ctx.fillRect(bbox.left, toY(to), bbox.width, toY(from) - toY(to));
    }
    const isInside = step.value !== null && step.value > min && step.value < max;
    if (isInside && !['off', 'area'].includes(field.thresholdsStyle)) {
      ctx.strokeStyle = withOpacity(color, 0.8);
      ctx.lineWidth = uPlot.pxRatio;
      ctx.setLineDash(field.thresholdsStyle.includes('dashed') ? [8, 6] : []);
      ctx.beginPath();
      ctx.moveTo(bbox.left, toY(step.value as number));
      ctx.lineTo(bbox.left + bbox.width, toY(step.value as number));
      ctx.stroke();
    }
  });
  ctx.restore();
}

/** A dashed line and a small triangle for each event. */
export function drawEvents(plot: uPlot, events: readonly MetricEvent[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = withOpacity('#4a90e2', 0.85);
  ctx.fillStyle = '#4a90e2';
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash([4 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
  for (const { atMs } of events) {
    const x = plot.valToPos(atMs / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = 4 * uPlot.pxRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top + bbox.height + size);
    ctx.lineTo(x + size, bbox.top + bbox.height + size);
    ctx.lineTo(x, bbox.top + bbox.height - size * 0.6);
    ctx.fill();
  }
  ctx.restore();
}
