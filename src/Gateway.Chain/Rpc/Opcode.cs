namespace Gateway.Chain.Rpc;

/// <summary>The few instructions that programs put in place by state override take (ethereum.org/developers/docs/evm/opcodes).</summary>
internal static class Opcode
{
    public const byte Add = 0x01;
    public const byte Multiply = 0x02;
    public const byte Sub = 0x03;
    public const byte Less = 0x10;
    public const byte IsZero = 0x15;
    public const byte CallDataLoad = 0x35;
    public const byte CallDataSize = 0x36;
    public const byte CallDataCopy = 0x37;
    public const byte CodeCopy = 0x39;
    public const byte ReturnDataSize = 0x3d;
    public const byte ReturnDataCopy = 0x3e;
    public const byte StoreWord = 0x52;
    public const byte Jump = 0x56;
    public const byte JumpIf = 0x57;
    public const byte Gas = 0x5a;
    public const byte JumpDestination = 0x5b;
    public const byte Push1 = 0x60;
    public const byte Push4 = 0x63;
    public const byte Push20 = 0x73;
    public const byte Push32 = 0x7f;
    public const byte Dup2 = 0x81;
    public const byte Dup5 = 0x84;
    public const byte Swap1 = 0x90;
    public const byte Call = 0xf1;
    public const byte Return = 0xf3;
    public const byte StaticCall = 0xfa;
    public const byte Revert = 0xfd;
}
