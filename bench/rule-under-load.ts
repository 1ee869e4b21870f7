/** The rule that the token endpoint runs while it is measured: it adds a scope and a claim and prints a line. */
export const ruleSource = `module.exports = function (client, scope, audience, context, cb) {
  var access_token = {};
  access_token['https://foo.com/claim'] = 'bar';
  access_token.scope = scope;
  access_token.scope.push('extra');
  console.log('secret has', context.webtask.secrets.SOME_SECRET.length, 'letters');
  cb(null, access_token);
};
`
