// Asks for what is missing, on a terminal only. The one file that knows inquirer.
import { OperatingError } from '../bundle/core/errors.ts';
import { installTypes, servicesOfType } from '../bundle/services.ts';
import { defaultType, type InstallOptions } from './install-plan.ts';
import { readBasePort } from './ports.ts';

const suggestedPort = '27600';

// Ctrl-C is an answer too.
async function answered<T>(questions: Promise<T>): Promise<T> {
  try {
    return await questions;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new OperatingError('declined', 'cancelled, nothing was changed', { cause: error });
    }
    throw error;
  }
}

/** The options with directory, port and type asked for. Throws when the user does not confirm. */
export async function askForOptions(options: InstallOptions): Promise<InstallOptions> {
  const { default: inquirer } = await import('inquirer');
  const answers = await answered(
    inquirer.prompt([
      {
        type: 'input' as const,
        name: 'directory' as const,
        message: 'Directory of the instance (everything is kept there):',
        default: options.directory ?? './dkumonitor-data',
      },
      {
        type: 'input' as const,
        name: 'port' as const,
        message: 'Base port (ten ports from there on):',
        default: options.port ?? suggestedPort,
        validate: (text: string) => {
          try {
            readBasePort(text);
            return true;
          } catch (error) {
            return error instanceof Error ? error.message : false;
          }
        },
      },
      {
        type: 'select' as const,
        name: 'type' as const,
        message: 'What shall run here?',
        default: options.type ?? defaultType,
        choices: installTypes.map((type) => ({
          value: type,
          name: `${type}: ${servicesOfType[type].join(', ')}`,
        })),
      },
    ]),
  );
  const { directory, port, type } = answers;
  const { agreed } = await answered(
    inquirer.prompt([
      {
        type: 'confirm' as const,
        name: 'agreed' as const,
        message: `Install type ${type} in ${directory} with base port ${port}?`,
        default: true,
      },
    ]),
  );
  if (agreed !== true) throw new OperatingError('declined', 'nothing was installed');
  return { ...options, directory, port, type };
}

/** Asks for a yes on a terminal; without one the answer is no. */
export async function confirm(message: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const { default: inquirer } = await import('inquirer');
  const { agreed } = await answered(
    inquirer.prompt([
      { type: 'confirm' as const, name: 'agreed' as const, message, default: false },
    ]),
  );
  return agreed === true;
}
