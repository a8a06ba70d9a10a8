namespace Channels;

/// <summary>Whoever a mailbox is emptied by: a consumer's loop.</summary>
internal interface IMailboxReader : IPassOnRule
{
    /// <summary>Asks memory for what handling a message touches first; reads nothing but the reader itself.</summary>
    void Prefetch();
}
