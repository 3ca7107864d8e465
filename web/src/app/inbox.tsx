/** The inbox: what one was told, with the way to what it is about. */
import { ActionIcon, Button, Indicator, Popover } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Bell } from "lucide-react";

import { $api } from "~/api/client";
import { useIdentity } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { figure } from "~/parts/figures";
import { PageLink, isOurs } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Answer } from "~/parts/placeholders";

const SHOWN = 20;
const EVERY_MS = 60_000;

export function useNotifications(limit: number) {
  const isUser = useIdentity()?.kind === "user";
  return $api.useQuery("get", "/api/v1/notifications", { params: { query: { limit } } }, { enabled: isUser, refetchInterval: EVERY_MS });
}

export function Inbox() {
  const [opened, { toggle, close }] = useDisclosure();
  const isUser = useIdentity()?.kind === "user";
  const answer = useNotifications(SHOWN);
  const read = $api.useMutation("post", "/api/v1/notifications/read", { onSuccess: () => askAnew("/api/v1/notifications") });
  if (!isUser) return null; // the administrator of a laptop is nobody's correspondent
  const unread = answer.data?.unread ?? 0;
  const label = unread ? `Notifications, ${figure(unread)} unread` : "Notifications";
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} position="bottom-end" width={400} shadow="md" trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" onClick={toggle} aria-label={label}>
          <Indicator disabled={!unread} size={8} color="indigo">
            <Bell size={18} aria-hidden />
          </Indicator>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown style={{ maxHeight: "70vh", overflow: "auto", maxWidth: "96vw" }} aria-label="Notifications">
        <div className="row spread" style={{ marginBottom: 8 }}>
          <strong>Notifications</strong>
          {unread > 0 && (
            <Button size="compact-sm" variant="subtle" loading={read.isPending} onClick={() => read.mutate({ body: { ids: null } })}>
              Mark all as read
            </Button>
          )}
        </div>
        <Answer of={answer} lines={3}>
          {({ notifications }) =>
            notifications.length === 0 ? (
              <p className="muted">Nothing yet. You hear of what you follow, of comments that name you, and of requests that you may decide.</p>
            ) : (
              <ul className="list">
                {notifications.map(({ id, title, body, link, created_at, read_at }) => (
                  <li key={id} style={{ fontWeight: read_at ? 400 : 600 }}>
                    {isOurs(link) ? (
                      <PageLink href={link} onClick={close}>
                        {title}
                      </PageLink>
                    ) : (
                      title
                    )}
                    {body && <div className="small muted cut">{body}</div>}
                    <div className="small muted">
                      <Moment time={created_at} />
                    </div>
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      </Popover.Dropdown>
    </Popover>
  );
}
