/** What one may do, and where: the same sums as the server does, so that no button is shown that would be refused. */
import { useMemo } from "react";

import { $api } from "./client";
import type { Identity, RoleDescription } from "./schema";

/** A place that permissions are held on. Nothing named: anywhere at all. */
export interface Place {
  model?: string;
  project?: string;
  installation?: boolean;
}

export type May = (permission: string, place?: Place) => boolean;

/** The judgement for an identity; false for everything while it is not known. */
export function mayOf(identity: Identity | undefined, roles: RoleDescription[]): May {
  if (!identity) return () => false;
  const permissionsOf = new Map(roles.map((role) => [role.name, new Set(role.permissions)]));
  return (permission, place) => {
    if (!identity.permissions.includes(permission)) return false;
    if (!place || (!place.model && !place.project && !place.installation)) return true;
    if (identity.kind !== "user") return keyReaches(identity, place);
    return identity.roles.some(
      (held) => permissionsOf.get(held.role)?.has(permission) && reaches(held.scope_kind, held.scope, place),
    );
  };
}

function reaches(kind: string, scope: string, place: Place): boolean {
  if (kind === "installation") return true;
  if (place.installation) return false;
  return kind === "project" ? scope === place.project : scope === place.model;
}

function keyReaches(identity: Identity, place: Place): boolean {
  const everywhere = identity.models === null && !identity.project;
  if (everywhere) return true;
  if (place.installation) return false;
  const inProject = !identity.project || identity.project === place.project;
  const named = identity.models === null || (place.model !== undefined && identity.models.includes(place.model));
  return inProject && named;
}

/** What one may do is asked again after this long. */
export const LONG_MS = 300_000;

export function useIdentity(): Identity | undefined {
  return $api.useQuery("get", "/api/v1/whoami", {}, { staleTime: LONG_MS }).data;
}

/** Whether it is known what one may; before that nothing is refused, nor offered. */
export function useMayIsKnown(): boolean {
  const roles = $api.useQuery("get", "/api/v1/roles", {}, { staleTime: LONG_MS }).data;
  return useIdentity() !== undefined && roles !== undefined;
}

export function useMay(): May {
  const identity = useIdentity();
  const roles = $api.useQuery("get", "/api/v1/roles", {}, { staleTime: LONG_MS }).data?.roles;
  return useMemo(() => mayOf(roles && identity, roles ?? []), [identity, roles]);
}
