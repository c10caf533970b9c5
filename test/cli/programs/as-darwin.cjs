// Preloaded: a system that says it is macOS.
Object.defineProperty(process, 'platform', { value: 'darwin' });
