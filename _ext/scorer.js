/* How the search orders what it finds (see searchorder.py). The numbers are Sphinx's own. Added: a
   word in the text of the glossary or the bibliography counts less than the same word in a chapter,
   since these pages repeat the words of all chapters. A term's own entry still comes first. */
var Scorer = {
  score: ([page, , anchor, , score]) =>
    /^chapters\/(glossary|bibliography)$/.test(page) && !anchor ? score - 3 : score,
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
