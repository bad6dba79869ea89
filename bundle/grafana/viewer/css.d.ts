// What importing a style sheet means to the type checker: nothing but its effect.
declare module '*.css';
