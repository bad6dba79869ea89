// How wide a text is in DejaVu Sans, the font that images are drawn with: enough to lay out labels.

/** Advance widths of ASCII 32 to 126, thousandths of the font size. */
const asciiWidths = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
  636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
  575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
  611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
  278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
const otherWidth = 700;

/** Pixels that `text` takes in a line of `fontSize` pixels. */
export function textWidth(text: string, fontSize: number): number {
  let thousandths = 0;
  for (let i = 0; i < text.length; i++)
    thousandths += asciiWidths[text.charCodeAt(i) - 32] ?? otherWidth;
  return (thousandths * fontSize) / 1000;
}

/** `text`, cut with an ellipsis if it is wider than `pixels`. */
export function fitText(text: string, fontSize: number, pixels: number): string {
  if (textWidth(text, fontSize) <= pixels) return text;
  let length = text.length;
  while (length > 1 && textWidth(`${text.slice(0, length)}…`, fontSize) > pixels) length--;
  return `${text.slice(0, length)}…`;
}
