/** What a setting is: one row of the table from which options, files, help and documentation all come. */

/**
 * The kind of a setting's value. `Value` is what the program sees, `Given` what a config file may say.
 * Readers throw an Error whose message says what is allowed, as it reads after "is not valid: ".
 */
export interface SettingType<Value, Given = Value> {
  /** For the reference: "integer", "seconds", "list of addresses". */
  readonly label: string;
  /** Stands for the value in `--help`; "" for a switch, which takes none. */
  readonly placeholder: string;
  /** May be given several times on the command line; each adds to the ones before. */
  readonly repeatable: boolean;
  /** Reads what was typed: the values of a repeatable option, one for any other. */
  fromText(texts: readonly string[]): Value;
  /** Reads a config file's value. */
  fromValue(value: unknown): Value;
  /** Never there: carries `Given` for the type of config files. */
  readonly given?: Given;
}

/** A variable of the environment that sets a single setting. */
export interface SettingVariable {
  readonly name: string;
  /** Turns its text into what would be typed after the option; the text itself unless given. */
  readonly toText?: (text: string) => string;
  /** For the reference, where the value is not taken as it is. */
  readonly note?: string;
}

/** One row. Its name, in camelCase, is its key in the section. */
export interface Setting<Type extends SettingType<unknown, unknown>> {
  readonly type: Type;
  readonly default: ValueOf<Type>;
  /** The options, short one first: "-w, --workers". None: only a config file can set it. A switch gets its `--no-` form by itself. */
  readonly flags?: string;
  /** Gunicorn's name in config files, where it is not this one in snake_case. */
  readonly gunicorn?: string;
  /** What the option means when no value stands after it: `--proxy-protocol` alone is `--proxy-protocol auto`. */
  readonly bare?: string;
  readonly variable?: SettingVariable;
  /** Only the command line (and JUNICORN_CMD_ARGS) can set it. */
  readonly cliOnly?: true;
  /** A reload does not change it: only a restart of the master does, or an upgrade. */
  readonly restart?: true;
  /** Its value is shown nowhere. */
  readonly secret?: true;
  /** It is the argument that stands without an option; this is its name in the usage line. */
  readonly positional?: string;
  /** One line for `--help`; no period, no default. */
  readonly summary: string;
  /** For the reference, in Markdown: unit, meaning of special values, when to change it. */
  readonly text: string;
}

export type ValueOf<Type> = Type extends SettingType<infer Value, unknown> ? Value : never;
export type GivenOf<Type> = Type extends SettingType<unknown, infer Given> ? Given : never;

/** A section of the table. */
export interface Section<Rows> {
  readonly title: string;
  readonly settings: Rows;
}

type AnyTypes = Readonly<Record<string, SettingType<unknown, unknown>>>;
type RowsOf<Types extends AnyTypes> = { readonly [Name in keyof Types]: Setting<Types[Name]> };

/** Declares a section: checks each default against its row's type, and keeps names and types for `Settings` to be made from. */
export function section<Types extends AnyTypes, const Rows extends RowsOf<Types>>(
  title: string,
  settings: Rows & RowsOf<Types>,
): Section<Rows> {
  return { title, settings };
}
