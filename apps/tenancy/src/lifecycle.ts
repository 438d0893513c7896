// A deleted row keeps the status that it had, so that undeleting brings it back as it was; it is shown as deleted.

export const statusOf = (table: string): string =>
  `case when ${table}.deleted_at is null then ${table}.status else 'deleted' end as status`;

interface LifecycleFilter {
  status?: 'active' | 'suspended' | 'deleted' | undefined;
  showDeleted: boolean;
}

export function ofLifecycle(table: string, { status, showDeleted }: LifecycleFilter) {
  if (status === 'deleted') return [[`${table}.deleted_at is not null`]] as const;
  const isHidden = status !== undefined || !showDeleted;
  return [[`${table}.status = ?`, status], [isHidden ? `${table}.deleted_at is null` : undefined]] as const;
}
