using Gateway.Chain.Abi;

namespace Gateway.Chain.Superfluid;

/// <summary>The contracts' interfaces, loaded once.</summary>
internal static class Interfaces
{
    public static readonly ContractAbi Host = ContractAbi.Load("Superfluid");
    public static readonly ContractAbi Cfa = ContractAbi.Load("ConstantFlowAgreementV1");
    public static readonly ContractAbi Gda = ContractAbi.Load("GeneralDistributionAgreementV1");
    public static readonly ContractAbi Governance = ContractAbi.Load("SuperfluidGovernanceBase");
    public static readonly ContractAbi SuperToken = ContractAbi.Load("SuperToken");
    public static readonly ContractAbi NativeWrapper = ContractAbi.Load("ISETH");
    public static readonly ContractAbi Forwarder = ContractAbi.Load("CFAv1Forwarder");
    public static readonly ContractAbi Erc20 = ContractAbi.Load("TestToken");
}
