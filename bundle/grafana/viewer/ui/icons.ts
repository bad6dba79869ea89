// The icons: one path each on a grid of 24, drawn with lines.
import { svg } from './dom.ts';

const paths = {
  clock: 'M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  refresh: 'M20 11a8 8 0 0 0-14.3-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14.3 4L20 15M20 20v-5h-5',
  search: 'M20 20l-4.5-4.5M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0z',
  down: 'M6 9l6 6 6-6',
  right: 'M9 6l6 6-6 6',
  left: 'M15 6l-6 6 6 6',
  zoomOut: 'M20 20l-4.5-4.5M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0zM8 10.5h5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1.2-3.2 4-5 7.5-5s6.300 1.800 7.500 5',
  plus: 'M12 5v14M5 12h14',
  save: 'M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  edit: 'M5 19l1-4L16.500 4.500l3 3L9 18zM14 7l3 3',
  more: 'M12 5.500v.01M12 12v.01M12 18.500v.01',
  grid: 'M4 4h7v7H4zM13 4h7v4h-7zM13 11h7v9h-7zM4 14h7v6H4z',
  close: 'M6 6l12 12M18 6L6 18',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.01',
  info: 'M12 11v5M12 8v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z',
  eyeOff:
    'M4 4l16 16M9.500 6C18 3.500 21.500 12 21.500 12s-.8 1.600-2.500 3.300M6.500 8C4 9.800 2.500 12 2.500 12S6 18.500 12 18.500c1.500 0 2.800-.4 4-1',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  expand: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  logout: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
  key: 'M14.500 9.500a4.500 4.500 0 1 0-3.600 4.400L13 16h2v2h2v2h3v-3l-5.700-5.700c.1-.6.2-1.200.2-1.800zM9 9v.01',
  pulse: 'M3 13h4l3-8 4.500 14 3-6H21',
} as const;

export type IconName = keyof typeof paths;

/** Decorative: the button around it carries the words. */
export function icon(name: IconName, className = ''): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', class: `icon ${className}`.trim(), 'aria-hidden': 'true' },
    svg('path', { d: paths[name] }),
  );
}
