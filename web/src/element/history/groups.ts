// The list of conversations by day.

import type { ConversationRecord } from "../../conversation/records.js";

/** The words of headings. */
export interface GroupWords {
  pinned: string;
  today: string;
  yesterday: string;
  week: string;
}

/** Conversations under one heading. */
export interface Group {
  heading: string;
  records: ConversationRecord[];
}

/** Groups conversations in their order: pinned ones, then by day, week and month. now is in milliseconds since 1970. */
export function groupByDay(
  records: readonly ConversationRecord[],
  words: GroupWords,
  locale: string,
  now: number,
): Group[] {
  const groups: Group[] = [];
  for (const record of records) {
    const heading = record.pinned ? words.pinned : headingOf(record.updated, words, locale, now);
    if (groups.at(-1)?.heading === heading) groups.at(-1)!.records.push(record);
    else groups.push({ heading, records: [record] });
  }
  return groups;
}

function headingOf(time: number, words: GroupWords, locale: string, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(time)) / 86_400_000); // rounded: a day may have 23 or 25 hours
  if (days <= 0) return words.today;
  if (days === 1) return words.yesterday;
  if (days <= 7) return words.week;
  return new Intl.DateTimeFormat(locale, { month: "long", year: "numeric" }).format(time);
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
