// The fields of a form sent as multipart/form-data (RFC 7578), as `curl -F` does. Files are left out.

const separator = '\r\n';

/** Name and value of each field, at most `fieldsMax`; `contentType` names the boundary. */
export function multipartFields(
  body: Buffer,
  contentType: string,
  fieldsMax: number,
): [name: string, value: string][] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  const fields: [string, string][] = [];
  if (boundary === undefined) return fields;
  const delimiter = `--${boundary}`;
  let at = body.indexOf(delimiter);
  while (at >= 0 && fields.length < fieldsMax) {
    const headersEnd = body.indexOf(separator + separator, at);
    const end = body.indexOf(separator + delimiter, headersEnd + 2 * separator.length);
    if (headersEnd < 0 || end < 0) break;
    const headers = body.toString('utf8', at + delimiter.length, headersEnd);
    const name = /[;\s]name="([^"]*)"/i.exec(headers)?.[1];
    if (name !== undefined && !/[;\s]filename=/i.test(headers))
      fields.push([name, body.toString('utf8', headersEnd + 2 * separator.length, end)]);
    at = end + separator.length;
  }
  return fields;
}
