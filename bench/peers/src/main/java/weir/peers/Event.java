package weir.peers;

/**
 * One event of the generated stream, with the fields that the workloads read. It is a Flink POJO
 * (public fields, a constructor without arguments) and a bean for Esper (getters).
 */
public class Event {
    public static final int AUTH = 0;
    public static final int DEVICE_CHANGE = 1;
    public static final int MFA = 2;
    public static final int PASSWORD_RESET = 3;
    public static final int TRANSFER = 4;
    /** Types that no workload names. */
    public static final int OTHER = 5;

    public int type = OTHER;
    public long ts;
    public String card;
    public String account;
    public String country;
    /** Cents as written: conversion keeps the order of decimals, so comparisons are exact. */
    public double amount;
    public boolean approved;

    static int typeOf(String name) {
        return switch (name) {
            case "auth" -> AUTH;
            case "device_change" -> DEVICE_CHANGE;
            case "mfa" -> MFA;
            case "password_reset" -> PASSWORD_RESET;
            case "transfer" -> TRANSFER;
            default -> OTHER;
        };
    }

    public long getTs() {
        return ts;
    }

    public String getCard() {
        return card;
    }

    public String getAccount() {
        return account;
    }

    public String getCountry() {
        return country;
    }

    public double getAmount() {
        return amount;
    }

    public boolean isApproved() {
        return approved;
    }
}
