// The syntax tree of a target expression.

export type Expression =
  | { kind: 'path'; text: string }
  | { kind: 'number'; value: number; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'none' }
  | {
      kind: 'call';
      name: string;
      args: readonly Expression[];
      kwargs: readonly { name: string; value: Expression }[];
      /** The call as written, for names. */
      text: string;
    };
