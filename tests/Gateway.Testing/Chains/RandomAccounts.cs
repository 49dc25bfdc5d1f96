using System.Collections.Immutable;
using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Testing.Chains;

/// <summary>An account of <see cref="RandomAccounts"/>, and to whom it streams.</summary>
internal sealed record RandomAccount(AccountKey Key, ImmutableArray<Address> Payees);

/// <summary>Accounts as customers have them: flows of their own, incomes from others, shares of pools, with a minimum deposit and without.</summary>
/// <remarks>The same seed makes the same accounts. All of them last for hours at least, so that none is critical before it is complete.</remarks>
internal sealed class RandomAccounts(DevnetChain chain, int seed)
{
    /// <summary>Far from those of other fixtures.</summary>
    private const int FirstNumber = 3_000_000;

    private const int OperationsPerBatch = 20;
    private const int PayeeCount = 3;
    private const int PoolsPerToken = 2;

    private static readonly ContractAbi Gda = ContractAbi.Load("GeneralDistributionAgreementV1");
    private static readonly TokenAmount Balance = Funds.OfTokens(1_000);

    private readonly Random _die = new(seed);

    private DevAccount Governor => chain.Accounts.Governor;

    public async Task<IReadOnlyList<RandomAccount>> CreateAsync(int count, CancellationToken cancellationToken)
    {
        // Flows of USDCx need more than their four hours from now on.
        var minimum = ContractAbi.Load("TestGovernance").Function("setSuperTokenMinimumDeposit").Encode(chain.Contracts.Host, chain.Tokens.Usdcx, Funds.OfTokens(3).Wei);
        await chain.Sender.CallAsync(Governor, chain.Framework.Governance, minimum, cancellationToken);
        var pools = new Dictionary<Address, ImmutableArray<Address>>();
        foreach (var token in (Address[])[chain.Tokens.Aleph, chain.Tokens.Usdcx])
            pools[token] = [.. await CreatePoolsAsync(token, cancellationToken)];

        List<DevAccount> people = [.. Enumerable.Range(FirstNumber, count).Select(n => DevAccount.Of("payer", n))];
        await chain.FundAsync(new Funds(Balance, Balance, BigInteger.Zero, Funds.OfAvax(10)), people, cancellationToken);
        var plans = people.Select(p => Plan(p, pools)).ToList();
        foreach (var plan in plans)
            await chain.Sender.CallAsync(plan.Person, chain.Contracts.Host, HostCalls.Batch(plan.Own), cancellationToken);
        foreach (var batch in plans.SelectMany(p => p.OfOthers).Chunk(OperationsPerBatch))
            await chain.Sender.CallAsync(Governor, chain.Contracts.Host, HostCalls.Batch(batch), cancellationToken);
        foreach (var (token, all) in pools)
        {
            foreach (var pool in all)
                await new Pools(chain, token).DistributeFlowAsync(Governor, pool, RateFor(hours: 2 + _die.Next(20)), cancellationToken);
        }

        return [.. plans.Select(p => new RandomAccount(p.Key, p.Payees))];
    }

    private async Task<IEnumerable<Address>> CreatePoolsAsync(Address token, CancellationToken cancellationToken)
    {
        List<Address> pools = [];
        for (var i = 0; i < PoolsPerToken; i++)
            pools.Add(await new Pools(chain, token).CreateAsync(Governor, cancellationToken));
        return pools;
    }

    private AccountPlan Plan(DevAccount person, Dictionary<Address, ImmutableArray<Address>> pools)
    {
        var token = _die.Next(2) == 0 ? chain.Tokens.Aleph : chain.Tokens.Usdcx;
        ImmutableArray<Address> payees = [.. chain.Accounts.Payees.Take(1 + _die.Next(PayeeCount)).Select(p => p.Address)];
        // All its flows together end it in nine hours at the earliest, and in months at the latest.
        List<HostOperation> own = [.. payees.Select(payee => OfCfa(FlowCalls.Create(token, payee, RateFor(hours: 9 * payees.Length * (1 + _die.Next(1 << _die.Next(9)))))))];
        List<HostOperation> others = [];
        if (_die.Next(2) == 0)
            others.Add(OfCfa(FlowCalls.Create(token, person.Address, RateFor(hours: 10 + _die.Next(3_000)))));
        if (_die.Next(2) == 0)
        {
            var pool = pools[token][_die.Next(PoolsPerToken)];
            own.Add(OfGda("connectPool", pool, Array.Empty<byte>()));
            others.Add(OfGda("updateMemberUnits", pool, person.Address, new BigInteger(1 + _die.Next(1_000)), Array.Empty<byte>()));
        }

        return new AccountPlan(person, new AccountKey(token, person.Address), payees, own, others);
    }

    /// <summary>A rate that would use up a whole balance in about so many hours; its last digits are random.</summary>
    private FlowRate RateFor(int hours) => FlowRate.FromWeiPerSecond((Int128)(Balance.Wei / (hours * 3600)) - _die.Next(1_000_000));

    private HostOperation OfCfa(byte[] call) => HostOperation.CallAgreement(chain.Contracts.Cfa, call, userData: []);

    private HostOperation OfGda(string function, params object[] arguments) =>
        HostOperation.CallAgreement(chain.Contracts.Gda, Gda.Function(function).Encode(arguments), userData: []);

    private sealed record AccountPlan(
        DevAccount Person, AccountKey Key, ImmutableArray<Address> Payees, List<HostOperation> Own, List<HostOperation> OfOthers);
}
