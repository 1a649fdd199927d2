const comfortable = 110;

/** How many columns the texts of --help take. Some terminals say that they have none. */
export const helpWidth = ({ columns = 0 }: { readonly columns?: number }): number =>
  columns === 0 ? comfortable : Math.min(comfortable, columns);
