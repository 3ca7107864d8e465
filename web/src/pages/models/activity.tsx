/** Events as happenings of a timeline. */
import type { ActivityEvent } from "~/api/schema";
import { SubjectLink, actionWords, personName } from "~/parts/subject";
import type { Happening } from "~/parts/timeline";

const FAILING = /failed|refused|limited/;
const GOOD = /registered|released|granted|created|resolved/;

export function activityOf(event: ActivityEvent): Happening {
  return {
    id: event.id,
    time: event.time,
    by: personName(event.actor),
    state: FAILING.test(event.action) ? "failing" : GOOD.test(event.action) ? "ok" : undefined,
    what: (
      <>
        {actionWords(event.action)}: <SubjectLink kind={event.kind} name={event.name} />
      </>
    ),
    note: /^request [0-9a-z]{26}$/.test(event.reason) ? undefined : event.reason || undefined,
  };
}
