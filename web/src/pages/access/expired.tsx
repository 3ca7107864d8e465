/** The session has ended: a login over the page, which stays as it is with whatever was typed into it. */
import { Modal } from "@mantine/core";
import { useEffect } from "react";

import { client } from "~/api/client";
import { queries } from "~/api/queries";
import { noteSession } from "~/api/session";
import { LoginForm } from "./login";

export function ExpiredDialog({ opened }: { opened: boolean }) {
  useEffect(() => {
    if (!opened) return;
    // Somebody may log in in another tab, with the identity provider or by a link.
    async function look() {
      const { data: methods } = await client.GET("/api/v1/session/methods");
      const { data } = methods?.logged_in ? await client.GET("/api/v1/session") : {};
      if (data) noteSession(data.csrf_token);
    }
    const onFocus = () => void look();
    window.addEventListener("focus", onFocus);
    return () => window.removeEventListener("focus", onFocus);
  }, [opened]);
  return (
    <Modal opened={opened} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title="Your session has ended" centered>
      <p style={{ marginTop: 0 }}>Log in to go on. What you typed is still here.</p>
      <LoginForm inDialog onDone={() => queries.invalidateQueries()} />
    </Modal>
  );
}
