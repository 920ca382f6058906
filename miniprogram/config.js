// What an office changes: where its pages are, and its template of the visit's notice.
module.exports = {
  origin: 'https://example.invalid',
  template: 'TEMPLATE_ID_OF_THE_VISIT_NOTICE',
}
