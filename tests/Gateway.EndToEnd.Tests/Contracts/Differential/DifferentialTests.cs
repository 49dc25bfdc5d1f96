using System.Globalization;
using System.Numerics;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts.Differential;

/// <summary>
/// The domain against the real contracts: random sequences of transactions and time steps, in which the domain's arithmetic foretells balance, deposits, net
/// rate, what is refused, and the seconds at which the account is critical, pleb and insolvent. To the wei and to the second, or the test fails.
/// </summary>
public sealed class DifferentialTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private const int Sequences = 500;
    private const int StepsPerSequence = 15;
    private const int FirstSeed = 20_261_124;

    /// <summary>One seed, to see a failure again.</summary>
    private const string SeedVariable = "GATEWAY_TEST_SEED";

    /// <summary>What the random sequences have to lead to at least once.</summary>
    private static readonly string[] MustBeMet =
    [
        "create by payer, Funded, taken", "create by operator, Funded, taken", "create by payer, Funded, refused", "create by operator, Funded, refused",
        "update by payer, Funded, taken", "update by operator, Funded, taken", "update by payer, Patrician, taken", "update by operator, Insolvent, refused",
        "delete by payer, Funded, taken", "delete by payer, Patrician, taken", "delete by payer, Pleb, taken", "delete by payer, Insolvent, taken",
        "delete by payee, Pleb, taken", "delete by operator, Pleb, taken", "delete by stranger, Funded, refused",
        "delete by stranger, Patrician, taken", "delete by stranger, Pleb, taken", "delete by stranger, Insolvent, taken",
        "incoming by friend, Patrician, taken", "receive by friend, Pleb, taken", "transfer by payer, Insolvent, refused",
        "wrap by payer, Funded, taken", "unwrap by payer, Funded, taken", "unwrap by payer, Funded, refused",
        "minimum by governor, Funded, taken", "periods by governor, Patrician, taken",
    ];

    private static readonly TokenParameters Parameters = new(14400, 1800, TokenAmount.Zero);
    private static readonly OperatorGrant Unlimited = new(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max);
    private static readonly TokenAmount AtStart = Funds.OfTokens(1_000);
    private static readonly Funds Plenty = new(Funds.OfTokens(10_000_000), Funds.OfTokens(10_000_000), BigInteger.Pow(10, 20), Funds.OfAvax(1_000_000));

    [Fact]
    public async Task Five_hundred_random_sequences_end_on_the_chain_as_the_domain_foretells()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var cast = await CastAsync(cancellationToken);
        var runner = new DifferentialChain(chain, cast);
        await runner.MarkAsync(cancellationToken);
        var seeds = TestSettings.Get(SeedVariable) is { } seed ? [int.Parse(seed, CultureInfo.InvariantCulture)] : Enumerable.Range(FirstSeed, Sequences);
        var met = new HashSet<string>(StringComparer.Ordinal);
        foreach (var each in seeds)
        {
            await RunAsync(runner, cast, each, met, cancellationToken);
            await runner.ReturnAsync(cancellationToken);
        }

        // A generator that lost its way would let every rule pass that it never meets.
        if (TestSettings.Get(SeedVariable) is null)
            Assert.All(MustBeMet, situation => Assert.Contains(situation, met));
    }

    private async Task<Cast> CastAsync(CancellationToken cancellationToken)
    {
        var accounts = chain.Chain.Accounts;
        var cast = new Cast(
            chain.NewAccount("payer"), chain.NewAccount("friend"), chain.NewAccount("stranger"), accounts.Operator, accounts.Governor, accounts.Payees);
        // More than any sequence streams, sends or wraps.
        await chain.Chain.FundAsync(Plenty, [cast.Friend, cast.Stranger], cancellationToken);
        await chain.Chain.FundAsync(Plenty with { Aleph = AtStart, Usdcx = AtStart }, [cast.Subject], cancellationToken);
        await chain.Chain.AuthorizeAsync([cast.Subject], cancellationToken);
        await chain.CallAsync(
            cast.Subject, chain.Chain.Tokens.Usdc, TokenCalls.ApproveUnderlying(chain.Chain.Tokens.Usdcx, Plenty.UsdcUnits), cancellationToken);
        return cast;
    }

    private async Task RunAsync(DifferentialChain runner, Cast cast, int seed, HashSet<string> met, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var isPure = seed % 2 == 0;
        var superToken = isPure ? chain.Chain.Tokens.Aleph : chain.Chain.Tokens.Usdcx;
        var account = new AccountKey(superToken, cast.Subject.Address);
        var head = await runner.HeadAsync(cancellationToken);
        var model = new ModelAccount(cast.Subject.Address, AtStart, head.Block.Time, Parameters) { Grant = Unlimited };
        var steps = new StepGenerator(random, chain.Chain.Framework, superToken, cast) { IsPure = isPure };
        var story = new List<string>();
        for (var i = 0; i < StepsPerSequence; i++)
        {
            var at = model.At.PlusSeconds(steps.NextPause(model));
            model.AdvanceTo(at);
            var step = steps.Next(model);
            var phase = model.Phase;
            var foretold = step.Foretell(model);
            met.Add($"{step.What.Split(' ')[0]} by {step.From.Role}, {phase}, {(foretold ? "taken" : "refused")}");
            story.Add($"{at}: {step.What} by {step.From.Role}{(foretold ? "" : ", refused")}");
            var (succeeded, block) = await runner.SendAsync(step, at, cancellationToken);
            Assert.True(foretold == succeeded, Told(seed, story, $"taken: foretold {foretold}, was {succeeded}"));
            await CompareAsync(runner, account, cast, model, block, problem => Told(seed, story, problem), cancellationToken);
        }
    }

    private async Task CompareAsync(
        DifferentialChain runner, AccountKey account, Cast cast, ModelAccount model, BlockNumber block, Func<string, string> told, CancellationToken cancellationToken)
    {
        var agreements = new AgreementViews(chain.Contracts);
        List<Question> questions =
        [
            Question.Of("available balance", TokenViews.AvailableBalance(account, model.At), model.Available),
            Question.Of("balance a day later", TokenViews.AvailableBalance(account, model.At.PlusSeconds(86_400)), Solvency.BalanceAfter(model.Available, model.Net, 86_400)),
            Question.Of("account deposit", agreements.AccountFlows(account).Select(f => f.Deposit), model.Deposit),
            Question.Of("net rate", agreements.AccountFlows(account).Select(f => f.Net), model.Net),
            Question.Of("grant", agreements.Grant(account, cast.Operator.Address), model.Grant),
            .. cast.Payees.Select(p => p.Address).Select(payee =>
                Question.Of("flow", agreements.Flow(new FlowKey(account.SuperToken, account.Payer, payee)), model.FlowTo(payee))),
            .. Boundary("critical", model.CriticalAt, at => TokenViews.IsCritical(account, at), before: false),
            .. Boundary("insolvent", model.InsolventAt, at => TokenViews.IsSolvent(account, at), before: true),
            .. Boundary("pleb", model.PlebAt, at => agreements.IsPatrician(account, at), before: true),
        ];
        var answers = await runner.AskAsync(questions, block, cancellationToken);
        for (var i = 0; i < questions.Count; i++)
            Assert.True(questions[i].Foretold.Equals(answers[i]), told($"{questions[i].What}: foretold {questions[i].Foretold}, is {answers[i]}"));

        // The second itself, and the one before it; where there is none, the last second that the chain can count.
        IEnumerable<Question> Boundary(string what, BlockTime? second, Func<BlockTime, ChainView<bool>> view, bool before)
        {
            if (second is not { } at)
                return [Question.Of($"never {what}", view(new BlockTime(uint.MaxValue)), before)];
            var there = Question.Of($"{what} at {at}", view(at), !before);
            return at > model.At ? [there, Question.Of($"not yet {what} before {at}", view(new BlockTime(at.UnixSeconds - 1)), before)] : [there];
        }
    }

    private static string Told(int seed, List<string> story, string problem) =>
        $"{SeedVariable}={seed}: {problem}, after\n{string.Join('\n', story)}";
}
