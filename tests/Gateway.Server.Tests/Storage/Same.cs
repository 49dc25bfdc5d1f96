using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>Equality by what is in them: records with collections compare those by reference.</summary>
internal static class Same
{
    public static void Book(AccountBook expected, AccountBook actual)
    {
        Account(expected.Account, actual.Account);
        Assert.Equal(expected.Leases.Keys, actual.Leases.Keys);
        foreach (var lease in expected.Leases.Values)
            Lease(lease, actual.Leases[lease.Id]);
    }

    public static void Account(Account expected, Account actual)
    {
        Assert.Equal((expected.Key, expected.Version, expected.Health, expected.Warnings, expected.Carried), (actual.Key, actual.Version, actual.Health, actual.Warnings, actual.Carried));
        Assert.Equal(expected.Flows.Values.OrderBy(f => f.Payee), actual.Flows.Values.OrderBy(f => f.Payee));
    }

    public static void Lease(Lease expected, Lease? actual)
    {
        Assert.NotNull(actual);
        // A meter that was never touched is stored as it begins.
        expected = expected with { Meter = expected.Meter };
        var bare = actual with { Meter = actual.Meter, Payees = expected.Payees, Withheld = expected.Withheld, Labels = expected.Labels, Transactions = expected.Transactions };
        Assert.Equal(expected, bare);
        Assert.Equal(expected.Payees, actual.Payees.AsEnumerable());
        Assert.Equal(expected.Withheld.Order(), actual.Withheld.Order());
        Assert.Equal(expected.Labels.AsEnumerable(), actual.Labels.AsEnumerable());
        Assert.Equal(expected.Transactions.AsEnumerable(), actual.Transactions.AsEnumerable());
    }
}
