// A client of the miniature, in the words that stripe-node has understood since version 12.
//
// It reads where the server is and which steps to take, and prints what it saw in each of them.

'use strict';

const task = JSON.parse(require('fs').readFileSync(0, 'utf-8'));
const library = require(task.library);
const Stripe = library.default ?? library;
const at = new URL(task.url);
const stripe = new Stripe(task.key, {
  host: at.hostname,
  port: at.port,
  protocol: 'http',
  telemetry: false,
});
const ORDER = {amount: 500, currency: 'eur', source: 'tok_visa'};

// What the library throws; its class is named as in the library for Python.
async function errorOf(ask) {
  try {
    await ask();
  } catch (thrown) {
    return {
      class: thrown.type?.replace(/^Stripe/, '') ?? thrown.constructor.name,
      status: thrown.statusCode ?? null,
      code: thrown.code ?? null,
      param: thrown.param ?? null,
    };
  }
  return {class: null};
}

async function all(list) {
  const found = [];
  for await (const item of list) found.push(item);
  return found;
}

const amounts = (items) => items.map((item) => item.amount);

const steps = {
  async repeat() {
    const key = {idempotencyKey: 'cart-17'};
    const first = await stripe.charges.create(ORDER, key);
    const again = await stripe.charges.create(ORDER, key);
    const headers = [first, again].map((charge) => charge.lastResponse.headers);
    return {
      charge: [first.object, first.amount, first.currency, first.status, first.paid],
      card: [first.source.brand, first.source.last4],
      same: again.id === first.id,
      replayed: headers.map((it) => it['idempotent-replayed'] ?? null),
      version: headers[0]['stripe-version'],
    };
  },

  async reuse() {
    const key = {idempotencyKey: 'cart-18'};
    await stripe.charges.create(ORDER, key);
    return errorOf(() => stripe.charges.create({...ORDER, amount: 501}, key));
  },

  async retrieve() {
    const words = {description: 'Tea & cake, ½ price', metadata: {a: 'b c'}};
    const made = await stripe.charges.create({...ORDER, ...words});
    const found = await stripe.charges.retrieve(made.id);
    return {
      same: found.id === made.id,
      description: found.description,
      metadata: found.metadata,
      missing: await errorOf(() => stripe.charges.retrieve('ch_none')),
    };
  },

  async pages() {
    const customer = (await stripe.customers.create()).id;
    const charges = [];
    for (const amount of [1, 2, 3, 4, 5]) {
      charges.push(await stripe.charges.create({...ORDER, amount, customer}));
    }
    const some = {customer, limit: 2};
    const first = await stripe.charges.list(some);
    const back = stripe.charges.list({...some, ending_before: charges[0].id});
    return {
      first: amounts(first.data),
      has_more: first.has_more,
      all: amounts(await all(stripe.charges.list(some))),
      back: amounts(await all(back)),
    };
  },

  async refund() {
    const charge = (await stripe.charges.create(ORDER)).id;
    const part = await stripe.refunds.create({charge, amount: 200});
    const rest = await stripe.refunds.create({charge});
    const after = await stripe.charges.retrieve(charge);
    return {
      amounts: amounts([part, rest]),
      status: part.status,
      charge: [after.amount_refunded, after.refunded],
      listed: amounts((await stripe.refunds.list({charge})).data),
      again: await errorOf(() => stripe.refunds.create({charge})),
    };
  },

  async expand() {
    const customer = (await stripe.customers.create({email: 'ada@example.com'})).id;
    const charge = await stripe.charges.create({...ORDER, customer, expand: ['customer']});
    const listed = await stripe.charges.list({customer, expand: ['data.customer']});
    return {
      customer: [charge.customer.object, charge.customer.email],
      plain: (await stripe.charges.retrieve(charge.id)).customer === customer,
      listed: listed.data.map((it) => it.customer.email),
    };
  },

  async decline() {
    const customer = (await stripe.customers.create()).id;
    const order = {...ORDER, source: 'tok_chargeDeclined', customer};
    const seen = await errorOf(() => stripe.charges.create(order));
    const [failed] = (await stripe.charges.list({customer})).data;
    return {...seen, charge: [failed.status, failed.paid]};
  },

  async webhook() {
    const {body, signature, secret} = task.delivery;
    const event = (body, secret) => stripe.webhooks.constructEvent(body, signature, secret);
    const good = event(body, secret);
    const changed = await errorOf(() => event(`${body} `, secret));
    const stranger = await errorOf(() => event(body, 'whsec_wrong'));
    return {
      event: [good.type, good.data.object.object, good.data.object.amount],
      changed: changed.class,
      stranger: stranger.class,
    };
  },

  // A charge holds the first of its refunds, and those of no other.
  async refund_pages() {
    const charges = [await stripe.charges.create(ORDER), await stripe.charges.create(ORDER)];
    for (let amount = 1; amount <= 12; amount++) {
      for (const {id} of charges) await stripe.refunds.create({charge: id, amount});
    }
    const charge = charges[0].id;
    const {refunds} = await stripe.charges.retrieve(charge, {expand: ['refunds']});
    return {
      held: amounts(refunds.data),
      has_more: refunds.has_more,
      all: amounts(await all(stripe.refunds.list({charge}))),
      asked: amounts(await all(stripe.refunds.list({charge, limit: 2}))),
    };
  },

  async update_customer() {
    const made = await stripe.customers.create({name: 'Ada', metadata: {a: '1', b: '2'}});
    const words = {email: 'ada@example.com', metadata: {b: '', c: '3'}};
    const changed = await stripe.customers.update(made.id, words);
    const found = await stripe.customers.retrieve(made.id);
    return {
      changed: [changed.name, changed.email, changed.metadata],
      found: [found.name, found.email, found.metadata],
    };
  },

  async delete_customer() {
    const made = await stripe.customers.create({name: 'Ada'});
    const deleted = await stripe.customers.del(made.id);
    const listed = await stripe.customers.list();
    return {
      deleted: [deleted.id === made.id, deleted.object, deleted.deleted],
      after: (await stripe.customers.retrieve(made.id)).deleted,
      listed: listed.data.some((it) => it.id === made.id),
    };
  },

  async saved_card() {
    const customer = (await stripe.customers.create({source: 'tok_mastercard'})).id;
    const charge = await stripe.charges.create({amount: 500, currency: 'eur', customer});
    return {
      charge: [charge.status, charge.source.brand],
      same: charge.customer === customer,
    };
  },

  async since() {
    const charge = await stripe.charges.create(ORDER);
    const listed = [];
    for (const seconds of [0, 3600]) {
      const created = {gte: charge.created + seconds};
      const found = await stripe.charges.list({created, limit: 100});
      listed.push(found.data.some((it) => it.id === charge.id));
    }
    return {listed};
  },

  // What a body names and does not exist is an error of the request.
  async missing_parameter() {
    return errorOf(() => stripe.refunds.create({charge: 'ch_none'}));
  },
};

// An error that a step did not expect is what it saw, too.
async function main() {
  const seen = {release: Stripe.PACKAGE_VERSION};
  for (const step of task.steps) {
    seen[step] = await steps[step]().catch((unexpected) => ({unexpected: `${unexpected}`}));
  }
  console.log(JSON.stringify(seen));
}

main();
