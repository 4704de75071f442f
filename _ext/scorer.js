/* How the search orders what it finds (see searchorder.py). The numbers are Sphinx's own. Added: a
   word in the text of the glossary, the bibliography or the page of mistakes counts less than the
   same word in a chapter, since these pages repeat the words of all chapters. A term's own entry
   still comes first. */
var LESS = { "chapters/glossary": 3, "chapters/bibliography": 3, "chapters/mistakes": 11 };
var Scorer = {
  score: ([page, , anchor, , score]) => (anchor ? score : score - (LESS[page] || 0)),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
