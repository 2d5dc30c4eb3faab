import { useDeedsLog } from "@/features/admin/lists";
import { strings } from "@/strings";
import { moment } from "@/ui/moment";
import { More } from "@/ui/more";
import { Section } from "@/ui/section";

const words = strings.admin;

/** Who did what, newest first. */
export function AuditLog() {
  const { items, more } = useDeedsLog();
  return (
    <Section title={words.audit} body={words.auditBody}>
      {items?.length === 0 && <p className="text-small text-pencil">{words.noDeeds}</p>}
      {items && items.length > 0 && (
        // Focusable, because it scrolls sideways where it is narrow.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it
        <section aria-label={words.audit} tabIndex={0} className="overflow-x-auto">
          <table className="w-full min-w-lg text-small tabular-nums">
            <thead>
              <tr className="text-start text-pencil [&>th]:pe-4 [&>th]:pb-1 [&>th]:font-normal">
                <th scope="col">{words.when}</th>
                <th scope="col">{words.did}</th>
                <th scope="col">{words.toWhat}</th>
                <th scope="col">{words.who}</th>
                <th scope="col">{words.from}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((deed) => (
                <tr key={deed.id} className="align-top [&>td]:py-1 [&>td]:pe-4">
                  <td className="whitespace-nowrap text-pencil">{moment(deed.created_at)}</td>
                  <td>{deed.action}</td>
                  <td className="break-all">
                    {deed.target} {deed.detail && <span className="text-pencil">{deed.detail}</span>}
                  </td>
                  <td className="break-all">{deed.actor}</td>
                  <td>{deed.address}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <More more={more} />
    </Section>
  );
}
