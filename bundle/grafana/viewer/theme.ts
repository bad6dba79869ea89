// Dark or light: what the user chose, else what the system says.

export type Theme = 'dark' | 'light';

const storageKey = 'dkumonitor.theme';
const systemLight = window.matchMedia('(prefers-color-scheme: light)');
const listeners = new Set<() => void>();

function stored(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null; // storage may be forbidden
  }
}

export function currentTheme(): Theme {
  const chosen = stored();
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return systemLight.matches ? 'light' : 'dark';
}

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = currentTheme();
  for (const listener of listeners) listener();
}

export function toggleTheme(): void {
  try {
    localStorage.setItem(storageKey, currentTheme() === 'dark' ? 'light' : 'dark');
  } catch {
    document.documentElement.dataset['theme'] = currentTheme() === 'dark' ? 'light' : 'dark';
  }
  applyTheme();
}

/** Returns a function that ends the listening. */
export function whenThemeChanges(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

systemLight.addEventListener('change', applyTheme);
