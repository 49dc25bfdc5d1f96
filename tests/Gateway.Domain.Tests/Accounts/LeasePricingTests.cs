using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Pricing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Where the price of a lease comes from, over its changes.</summary>
public sealed class LeasePricingTests
{
    private static readonly LeasePricing First = new(Resources.Of("p", [KeyValuePair.Create("cu", Quantity.Of(1))]), "v1", IsPausedRateByPlan: true);

    internal static readonly LeasePricing Second = First with { ListVersion = "v2" };

    [Fact]
    public void A_price_of_a_list_is_replaced_by_the_next_one_and_given_up_for_a_price_that_is_named()
    {
        var story = new Story().Open(Given.Lease("a", 10) with { Pricing = First }).Settle();

        Assert.Equal(Second, Change(story, new LeaseChange(Given.Rate(20), null, null, Given.Now, null) { Pricing = Second }).Pricing);
        Assert.Null(Change(story, new LeaseChange(Given.Rate(20), null, null, Given.Now, null)).Pricing);
    }

    [Fact]
    public void What_changes_no_price_leaves_it_where_it_comes_from()
    {
        var story = new Story().Open(Given.Lease("a", 10) with { Pricing = First }).Settle();

        Assert.Equal(First, Change(story, new LeaseChange(null, 3, null, Given.Now, null) { Pricing = Second }).Pricing);
        Assert.Equal(First with { IsPausedRateByPlan = false }, Change(story, new LeaseChange(null, null, Given.Rate(1), Given.Now, null)).Pricing);
        Assert.Null(Change(new Story().Open(Given.Lease("b", 10)), new LeaseChange(null, null, Given.Rate(1), Given.Now, null), "b").Pricing);
    }

    private static Lease Change(Story story, LeaseChange change, string id = "a") =>
        AccountMachine.Update(story.Book, LeaseId(id), change).Book.Leases[LeaseId(id)];

    private static Gateway.Domain.Identity.LeaseId LeaseId(string id) => Gateway.Domain.Identity.LeaseId.Parse(id);
}
