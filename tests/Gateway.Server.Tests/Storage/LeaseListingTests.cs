using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class LeaseListingTests(StorageKind kind) : StorageTest(kind)
{
    private static readonly AccountKey Rich = new(Given.Token, Given.Address(0x10));
    private static readonly AccountKey Other = new(Given.Address(0x71), Given.Address(0x11));

    private AccountStore Store => new(Redis);

    private LeaseListing Listing => new(Redis);

    [Fact]
    public async Task Without_leases_there_is_one_empty_page()
    {
        var page = await Listing.ListAsync(LeaseFilter.All, 10, pageToken: null, Cancellation);

        Assert.Empty(page.Leases);
        Assert.Null(page.NextPageToken);
    }

    [Fact]
    public async Task Every_lease_comes_exactly_once_over_all_pages()
    {
        List<string> ids = [];
        for (var i = 0; i < 90; i++)
        {
            var account = new AccountKey(Given.Token, Given.Address(0x6000 + (i % 30)));
            ids.Add($"lease-{i:00}");
            await AddAsync(Given.Lease(ids[^1], account) with { State = i % 3 == 0 ? LeaseState.Closed : LeaseState.Active });
        }

        Assert.Equal(ids, (await AllAsync(LeaseFilter.All, pageSize: 7)).Select(l => l.Id.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Filters_are_by_account_payee_state_breaker_and_label()
    {
        await AddAsync(Given.FullLease("full"));
        await AddAsync(Given.Lease("rich-1", Rich) with { State = LeaseState.Active });
        await AddAsync(Given.Lease("rich-2", Rich) with { State = LeaseState.Rejected });
        await AddAsync(Given.Lease("other", Other));

        await ListsAsync(["rich-1", "rich-2"], LeaseFilter.All with { Payer = Rich.Payer });
        await ListsAsync(["rich-1", "rich-2"], LeaseFilter.All with { Payer = Rich.Payer, SuperToken = Rich.SuperToken });
        await ListsAsync([], LeaseFilter.All with { Payer = Rich.Payer, SuperToken = Other.SuperToken });
        await ListsAsync(["other"], LeaseFilter.All with { SuperToken = Other.SuperToken });
        await ListsAsync(["full"], LeaseFilter.All with { Payee = Given.Address(0xcc) });
        await ListsAsync(["rich-1"], LeaseFilter.All with { States = [LeaseState.Active] });
        await ListsAsync(["rich-2"], LeaseFilter.All with { States = [LeaseState.Closed, LeaseState.Rejected] });
        await ListsAsync(["other", "rich-2"], LeaseFilter.All with { States = [LeaseState.Opening, LeaseState.Rejected] });
        await ListsAsync(["full"], LeaseFilter.All with { Breakers = [BreakerState.Open] });
        await ListsAsync(["full"], LeaseFilter.All with { Labels = ImmutableDictionary<string, string>.Empty.Add("zone", "a|b").Add("tier", "") });
        await ListsAsync([], LeaseFilter.All with { Labels = ImmutableDictionary<string, string>.Empty.Add("zone", "b") });
    }

    [Fact]
    public async Task A_lease_that_ends_while_it_is_listed_is_not_missed()
    {
        var book = AccountBook.Empty(Rich);
        for (var i = 0; i < 10; i++)
            book = book.With(Given.Lease($"lease-{i}", Rich));
        book = await CommitAsync(AccountBook.Empty(Rich), book);
        var first = await Listing.ListAsync(LeaseFilter.All, 5, pageToken: null, Cancellation);

        var last = LeaseId.Parse("lease-9");
        await CommitAsync(book, book.With(book.Leases[last] with { State = LeaseState.Closed }));
        var rest = await AllAsync(LeaseFilter.All, 5, first.NextPageToken);

        Assert.Equal(LeaseState.Closed, Assert.Single(rest, l => l.Id == last).State);
        Assert.Equal(10, first.Leases.Concat(rest).Count());
    }

    [Fact]
    public async Task More_leases_than_a_chunk_of_the_index_come_in_order()
    {
        var book = AccountBook.Empty(Rich);
        for (var i = 0; i < 600; i++)
            book = book.With(Given.Lease($"lease-{i:000}", Rich));
        await CommitAsync(AccountBook.Empty(Rich), book);

        var page = await Listing.ListAsync(LeaseFilter.All with { Payer = Rich.Payer }, 600, pageToken: null, Cancellation);

        Assert.Equal(book.Leases.Keys, page.Leases.Select(l => l.Id));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("bm90IG91cnM")]
    public async Task A_foreign_page_token_is_refused(string token) =>
        await Assert.ThrowsAsync<FormatException>(() => Listing.ListAsync(LeaseFilter.All, 10, token, Cancellation));

    private async Task ListsAsync(string[] expected, LeaseFilter filter) =>
        Assert.Equal(expected, (await AllAsync(filter, pageSize: 1)).Select(l => l.Id.Value).Order(StringComparer.Ordinal));

    private async Task<List<Lease>> AllAsync(LeaseFilter filter, int pageSize, string? token = null)
    {
        List<Lease> all = [];
        do
        {
            var page = await Listing.ListAsync(filter, pageSize, token, Cancellation);
            Assert.InRange(page.Leases.Count, 0, pageSize);
            all.AddRange(page.Leases);
            token = page.NextPageToken;
        }
        while (token is not null);
        return all;
    }

    private async Task AddAsync(Lease lease)
    {
        var before = await Store.LoadAsync(lease.Account, Cancellation);
        await CommitAsync(before, before.With(lease));
    }

    private async Task<AccountBook> CommitAsync(AccountBook before, AccountBook after) =>
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(before, after, [], NextLook.Never, Given.Now, Cancellation)).Book;
}
